"""What time a server says it is."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests


def server_time(address: str, timeout: float) -> datetime | None:
    """Return the time of the server at `address`, by its HTTP header; None: it says none, or can't be reached."""
    with suppress(requests.RequestException, ValueError, OSError):
        answer = requests.head(address, timeout=timeout, allow_redirects=False)
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    return None
