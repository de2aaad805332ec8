"""`python -m sync` is `itemsync`."""

from sync.cli import main

if __name__ == "__main__":
    main()
