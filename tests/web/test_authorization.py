"""The shop's authorization at the page: by a code, by coming back, and what stands on top of every page."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from sync.service.context import Context
from sync.service.people import Accounts
from tests.cli.conftest import folder, no_waiting, platform, sandbox
from tests.cli.small_shop import line, write
from tests.disk import no_syncing
from tests.gateway.authorizing import pasted_code, say_yes
from tests.web.pages import PASSWORD, Screen, address_of_page, logged_in, served

__all__ = ["folder", "no_syncing", "no_waiting", "platform", "sandbox"]

HERE = "/authorization"


@pytest.fixture(autouse=True)
def nobody_yet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No app secret and no token; the platform leads back to a free port."""
    for name in ("ITEMSYNC_APP_SECRET", "ITEMSYNC_SESSION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ITEMSYNC_SECRETS", str(folder / "secrets.json"))
    monkeypatch.setenv("ITEMSYNC_REDIRECT", "http://127.0.0.1:0/")


def link(seen: Screen, testid: str) -> str:
    """Where a link leads."""
    found = re.search(rf'href="([^"]+)"[^>]*data-testid="{testid}"', seen.html)
    assert found, seen.html
    return unescape(found[1])


def test_the_seller_authorizes_by_a_code(folder: Path, sandbox: Sandbox) -> None:
    with served() as me:
        assert "还没有授权" in me.get("/").html
        refused = me.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
        assert refused.alert
        assert me.post(f"{HERE}/code", code="", secret=Sandbox.app_secret).alert.startswith("没有填授权码")
        code = pasted_code(link(me.get(HERE), "code-page"))
        assert "拒绝" in me.post(f"{HERE}/code", code="wrong", secret=Sandbox.app_secret).alert
        done = me.post(f"{HERE}/code", code=code, secret=Sandbox.app_secret)
        assert "授权到" in done.html
        assert Sandbox.app_secret not in done.html
        assert 'name="secret"' not in done.html, "it is kept, and not asked for again"
        assert me.upload(write(folder / "mine.xlsx", line("A-1", 价格=21))).count("update") == 1
    kept = json.loads((folder / "secrets.json").read_text(encoding="utf-8"))
    assert [one["app_secret"] for one in kept.values()] == [Sandbox.app_secret]


def test_the_browser_comes_back_by_itself(folder: Path, sandbox: Sandbox) -> None:
    with served() as me:
        waiting = me.post(f"{HERE}/begin", secret=Sandbox.app_secret)
        there = link(waiting, "say-yes")
        assert link(me.post(f"{HERE}/begin", secret="another"), "say-yes") == there, "one login at a time"
        assert say_yes(there).status_code == 200
        done = me.until(waiting, lambda now: not now.has("say-yes"))
        assert "授权到" in me.until(done, lambda now: "授权到" in now.html).html


def test_a_seller_who_says_no_is_told_of(folder: Path, sandbox: Sandbox) -> None:
    with served() as me:
        waiting = me.post(f"{HERE}/begin", secret=Sandbox.app_secret)
        say_yes(link(waiting, "say-yes"), "refuse")
        told = me.until(waiting, lambda now: not now.has("say-yes"))
        assert "没有同意授权" in me.until(told, lambda now: bool(now.alert)).alert
        assert "还没有授权" in told.html


@pytest.mark.usefixtures("quick_hashing")
def test_over_an_open_network_no_secret_is_asked_for_and_none_is_taken(folder: Path, sandbox: Sandbox) -> None:
    context = Context()
    for name, role in {"老王": "approver", "小看": "viewer"}.items():
        Accounts(context).add(name, role, PASSWORD)
    context.close()
    with address_of_page(accounts=True) as url:
        me, viewer = logged_in(url, "老王"), logged_in(url, "小看")
        shown = me.get(HERE)
        assert "auth login --paste" in shown.html
        assert 'name="secret"' not in shown.html
        assert me.post(f"{HERE}/begin", secret=Sandbox.app_secret).status == 404
        assert me.post(f"{HERE}/code", code="x", secret=Sandbox.app_secret).status == 400
        assert viewer.post(f"{HERE}/code", code="x").status == 403
        assert not viewer.get(HERE).has("code")
        for one in (me, viewer):
            one.session.close()
