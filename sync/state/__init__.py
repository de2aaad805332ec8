"""What itemsync remembers: baselines, runs, and the journal of calls, in SQLite or PostgreSQL.

- `store.Store` is the state of one profile: its items and runs are read here. `tables` and `types` say how they are
  kept.
- `journal.Journal` writes one run: every call before it leaves and after it came back, every row as it ends.
  `baselines` writes what is remembered of an item in the same commit.
- `lock.only_one` lets one job at a time write: by a lock file beside a file, by a lease with a fence (`lease`) in a
  database.
- `engine` opens a file or a URL, `state_file` makes a new file, `versions` and `upgrading` (`migrations`) bring an
  old one up to date, `upkeep` tells of a state as a whole, `database_errors` puts a database's complaints into words.
- `answers`, `copies`, `shops`, `item_history`, `name`, `usage_ledger`: what else is kept, one file a subject.
"""
