"""Markdown, as the generated pages need it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(text: str) -> str:
    # Within backticks a bar is safe, and an escape would be shown.
    parts = (part if at % 2 else part.replace("|", "\\|") for at, part in enumerate(text.split("`")))
    return "`".join(parts).replace("\n", "<br>")


def quoted(text: str) -> str:
    """Return a text in backticks; nothing for nothing."""
    return f"`{text}`" if text else ""


def safe(text: str) -> str:
    """Keep what looks like markup in a plain sentence from being taken for it."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
