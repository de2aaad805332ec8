"""What the tests of sheets share."""

from __future__ import annotations

import pytest

from sync.sheet.files import apart


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read `.xls` and `.ods` in this process: starting another costs a third of a second.

    `test_formats.py` and the tests of damaged files go through the other process.
    """
    monkeypatch.setattr(apart, "_ask", apart._read)
