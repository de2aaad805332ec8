"""What should be done: pure, with no file, no clock and no network."""
