"""How much of something long one page shows."""

PAGE = 200
"""Rows: a page never has more."""
