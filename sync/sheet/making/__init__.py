"""Sheets that the tool makes: the template, and what `pull` brings."""
