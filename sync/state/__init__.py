"""What itemsync remembers: baselines, runs, and the journal of calls."""
