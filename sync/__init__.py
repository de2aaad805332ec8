"""itemsync: compare a shop's sheet with the platform, preview, apply, write the outcome back."""

__version__ = "0.1.0"
