"""A sandbox that hands out tokens by a clock that a test moves, and a secret store beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from re import findall

import requests

from sync.gateway.auth import RenewingToken
from sync.gateway.authority import PASTE, AuthorizationClient
from sync.gateway.secret_store import Secrets, SecretsFile
from sync.gateway.token import Token
from sync.gateway.transport import Transport
from sync.sandbox.server import Sandbox

OWNER = "default:1@sandbox"


def authority(sandbox: Sandbox, now: Callable[[], datetime], secret: str = Sandbox.app_secret) -> AuthorizationClient:
    return AuthorizationClient(sandbox.origin, sandbox.app_key, secret, Transport(10), now)


def say_yes(address: str, answer: str = "authorize") -> requests.Response:
    """Do what a seller does: open the page, and press one of its buttons. Follows the way back, too."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        fields = {name: unescape(value) for name, value in findall(r'name="(\w+)" value="([^"]*)"', page.text)}
        assert f'value="{answer}"' in page.text
        return browser.post(address.split("?", maxsplit=1)[0], data={**fields, "answer": answer}, timeout=10)


def pasted_code(address: str) -> str:
    """Say yes on the page, and copy the code that it shows."""
    return str(findall(r"<output>(.+)</output>", say_yes(address).text)[0])


def logged_in(sandbox: Sandbox, now: Callable[[], datetime], file: Path) -> Token:
    """Get a first token, on the sandbox's terms of now, and keep it in the secret store."""
    server = authority(sandbox, now)
    token = server.exchange(pasted_code(server.page(PASTE, "state")), PASTE)
    SecretsFile(file, OWNER).write(Secrets(None, token))
    return token


def renewing(sandbox: Sandbox, now: Callable[[], datetime], file: Path) -> RenewingToken:
    """What another process would make of the secret store as it is."""
    secret_store = SecretsFile(file, OWNER)
    token = secret_store.read().token
    assert token is not None
    return RenewingToken(token, secret_store, authority(sandbox, now), now)
