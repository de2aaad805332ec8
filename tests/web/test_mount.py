"""A shop's page among others: all that it leads to is below the address where the shop stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import Scope

from sync.sandbox.server import Sandbox
from sync.service.authorizing import Authorizing
from sync.service.local_jobs import LocalJobs
from sync.service.shop import Shop
from sync.web.access import PageAccess
from sync.web.address import PageAddress
from sync.web.app import application, shop_routes, site_routes
from sync.web.protection import protected
from sync.web.security import BODY
from sync.web.site import OfShop, Site
from sync.web.workbooks import own_workbook
from tests.cli.conftest import folder, no_waiting, platform, sandbox
from tests.cli.small_shop import held, line, row, write
from tests.disk import no_syncing
from tests.web.pages import Visitor, open_shop, stranger
from tests.web.served import free_port, serving

__all__ = ["folder", "no_syncing", "no_waiting", "platform", "sandbox"]

HERE = "/shops/" + quote("店 一")
OF_THE_SITE = ("/static/", "/login", "/logout", "/account", "/language")
LEADS = re.compile(r'(?:href|action|src|hx-get|hx-post|sse-connect|data-series)="(/[^"]*)"')


@pytest.fixture(name="mounted")
def at_a_mounted_page(folder: Path) -> Iterator[Visitor]:
    """Somebody at the page of a shop that stands below `HERE`."""

    def open_quietly() -> Shop:
        return open_shop(lambda _: None)

    with open_quietly() as shop, free_port() as listener:
        jobs = LocalJobs(shop.jobs_folder, open_shop, shop.context.clock.now, lambda _: None)
        results = partial(own_workbook, jobs, None)
        site = Site(open_quietly, jobs, Authorizing(open_quietly), lambda: "any", results)

        async def find(_: Scope) -> Site:
            return site

        pages = Mount("/shops/{shop}", routes=shop_routes(), middleware=[Middleware(OfShop, find)])
        address = PageAddress("127.0.0.1", listener.getsockname()[1])
        access = PageAccess.open(shop.context, address)
        app = application([pages, *site_routes()], None, lambda _: None)
        with closing(jobs), serving(protected(app, access), listener):
            visitor = stranger(address.address)
            visitor.get(access.url)
            visitor.url += HERE
            yield visitor


def test_a_week_below_an_address_of_its_own(mounted: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = mounted.upload(write(folder / "mine.xlsx", line("A-1", 价格=21), line("A-2", 价格="wrong")))
    assert preview.url.startswith(f"{mounted.url}/jobs/")
    done = mounted.approve(preview)
    assert done.url == f"{mounted.url}/runs/1"
    assert held(sandbox, "A-1")["_sys@price"] == 2100
    (folder / "got.xlsx").write_bytes(mounted.session.get(done.url + "/download").content)
    assert row(folder / "got.xlsx", "A-1")["同步结果"] == "完成"
    undo = mounted.settled(mounted.post(done.url + "/undo"))
    assert undo.url.startswith(f"{mounted.url}/jobs/")
    shown = [preview, done, undo, *(mounted.get(path) for path in ("/", "/runs", "/insight", "/rules"))]
    shown += [mounted.get(path) for path in ("/items/A-1", "/items?code=A-1", "/authorization", "/runs/9")]
    for page in shown:
        leads = {unescape(one) for one in LEADS.findall(page.html)} - {"/"}
        assert leads, page.url
        assert {one for one in leads if not one.startswith((HERE + "/", *OF_THE_SITE))} == set(), page.url


def test_what_the_reader_chooses_leads_back_to_the_same_shop(mounted: Visitor) -> None:
    root = mounted.url.removesuffix(HERE)
    back = re.search(r'name="back" value="([^"]*)"', mounted.get("/runs?page=1").html)
    assert back
    english = mounted.post(f"{root}/language", lang="en", back=unescape(back[1]))
    assert english.url == f"{mounted.url}/runs?page=1"
    assert '<a href="' + HERE + '/runs" aria-current="page">History' in english.html


def test_who_is_not_logged_in_comes_back_to_the_shop(mounted: Visitor) -> None:
    mounted.session.cookies.clear()
    parts = urlsplit(mounted.url)
    led = mounted.get("/runs")
    assert led.status == 401
    assert f"/login?next={quote(parts.path + '/runs', safe='')}" in led.html


def test_only_a_shops_own_upload_may_be_long(mounted: Visitor) -> None:
    long = {"sheet": ("a.xlsx", b"x" * (BODY + 1))}
    assert mounted.session.post(f"{mounted.url}/sheets", files=long).status_code == 200
    assert mounted.session.post(f"{mounted.url}/resume", files=long).status_code == 413
    root = mounted.url.removesuffix(HERE)
    assert mounted.session.post(f"{root}/a/sheets", files=long).status_code == 413
