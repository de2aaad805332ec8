"""The page as staff see it, in the machine's own Chromium."""
