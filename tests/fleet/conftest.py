"""A state that several machines share, with a queue in it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from sync.fleet.engine import set_up
from sync.state.engine import close_engine, open_engine
from sync.state.upgrading import make_ready


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    """The way to an empty state with an empty queue."""
    opened = open_engine(f"{postgres}&application_name={uuid4().hex}")
    make_ready(opened)
    set_up(opened)
    yield opened
    close_engine(opened)
