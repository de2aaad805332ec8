"""The page with several people: who gets in, who may do what, and who approves."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sync.apply.executor import Clock
from sync.fields import PRICE
from sync.messages import table
from sync.sandbox.server import Sandbox
from sync.service.context import Context
from sync.service.people import Accounts
from sync.web.app import shop_routes, site_routes
from sync.web.sessions import IDLE
from sync.web.slowdown import FREE_BY_NAME
from tests.cli.conftest import Command, folder, itemsync, no_waiting, platform, sandbox
from tests.cli.small_shop import CODES, held, line, write
from tests.clocks import HandClock
from tests.disk import no_syncing
from tests.web.pages import PASSWORD, Visitor, address_of_page, logged_in, stranger

__all__ = ["folder", "itemsync", "no_syncing", "no_waiting", "platform", "sandbox"]

pytestmark = pytest.mark.usefixtures("quick_hashing")

ROLES = {"小看": "viewer", "小林": "editor", "老王": "approver", "老李": "approver"}


@pytest.fixture
def accounts(folder: Path) -> Iterator[Accounts]:
    context = Context()
    made = Accounts(context)
    for name, role in ROLES.items():
        made.add(name, role, PASSWORD)
    yield made
    context.close()


@pytest.fixture
def clock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """The page's clock, for a test that moves it; ask for it before `url`."""
    hand = HandClock()
    monkeypatch.setattr(Context, "clock", property(lambda _: Clock(hand, lambda _: None, hand.seconds)))
    return hand


@pytest.fixture
def url(accounts: Accounts, sandbox: Sandbox) -> Iterator[str]:
    with address_of_page(accounts=True) as address:
        yield address


# --- getting in ---------------------------------------------------------------------------------------------------


def test_who_logs_in_comes_to_where_they_were_led_from(url: str) -> None:
    me = stranger(url)
    assert me.get("/runs").status == 401
    form = me.get("/login?next=/runs")
    assert 'name="next" value="/runs"' in form.html
    seen = me.post("/login", name=" 小林 ", password=PASSWORD, next="/runs")
    assert (seen.status, seen.url) == (200, f"{url}/runs")
    assert "小林" in seen.html
    assert me.get("/login?next=/runs").url == f"{url}/runs", "who is logged in isn't asked again"


@pytest.mark.parametrize(("name", "password"), [("小林", "wrong"), ("nobody", PASSWORD), ("", ""), ("小林", "")])
def test_who_does_not_get_in_learns_nothing(url: str, name: str, password: str) -> None:
    me = stranger(url)
    seen = me.post("/login", name=name, password=password)
    assert (seen.status, seen.alert) == (403, WRONG)
    assert not me.session.cookies
    assert not seen.has("shop")
    assert me.get("/").status == 401
    assert me.post("/sheets").status == 401


WRONG = "名字或密码不对。请核对后再试；忘了密码，请管理这台电脑的人用 itemsync user password 换一个。"


def test_wrong_passwords_cost_time_and_the_right_one_too(clock: HandClock, url: str) -> None:
    me, other = stranger(url), logged_in(url, "老王")
    answers = [me.post("/login", name="小林", password=f"wrong horse {n}").status for n in range(FREE_BY_NAME + 2)]
    assert answers == [403] * (FREE_BY_NAME - 1) + [429] * 3
    assert "等 1 秒" in me.post("/login", name="小林", password=PASSWORD).alert
    assert me.get("/").status == 401
    assert other.get("/").status == 200
    clock.move(seconds=1)
    assert me.post("/login", name="小林", password=PASSWORD).status == 200


def test_many_tries_at_once_are_counted_each(clock: HandClock, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    check = Accounts.check

    def counted(accounts: Accounts, name: str, password: str) -> object:
        looked_at.append(password)
        return check(accounts, name, password)

    monkeypatch.setattr(Accounts, "check", counted)
    with ThreadPoolExecutor(20) as pool:
        [*pool.map(lambda number: stranger(url).post("/login", name="小林", password=str(number)), range(20))]
    assert len(looked_at) == FREE_BY_NAME


def test_a_session_of_a_page_ends_by_time(clock: HandClock, url: str) -> None:
    me = logged_in(url, "小林")
    clock.move(seconds=IDLE)
    assert me.get("/").status == 200
    clock.move(seconds=IDLE + 1)
    assert me.get("/").status == 401


def test_a_cookie_is_worth_nothing_after_log_out(url: str) -> None:
    me = logged_in(url, "小林")
    stolen = stranger(url)
    stolen.session.cookies.update(me.session.cookies)
    assert stolen.get("/").status == 200
    seen = me.post("/logout")
    assert (seen.status, seen.url) == (200, f"{url}/login")
    assert not me.session.cookies
    assert stolen.get("/").status == 401


def test_logging_in_changes_the_cookie(url: str) -> None:
    me = logged_in(url, "小林")
    before = stranger(url)
    before.session.cookies.update(me.session.cookies)
    me.post("/login", name="老王", password=PASSWORD)
    assert "老王" in me.get("/").html
    assert before.get("/").status == 401


def test_another_password_another_role_and_a_removal_hold_at_once(url: str, accounts: Accounts) -> None:
    me, other = logged_in(url, "老王"), logged_in(url, "小林")
    accounts.set_role("老王", "viewer")
    assert me.post("/resume").status == 403
    accounts.set_password("老王", PASSWORD)
    assert me.get("/").status == 401
    accounts.remove("小林")
    assert other.get("/").status == 401
    accounts.add("小林", "approver", PASSWORD)
    assert other.get("/").status == 401, "it is another account"


def test_a_state_that_fails_is_told_of(url: str, folder: Path) -> None:
    me = logged_in(url, "小林")
    with closing(sqlite3.connect(folder / "state.db")) as state, state:
        state.execute("ALTER TABLE users RENAME TO gone")
    seen = me.get("/")
    assert (seen.status, "Traceback" in seen.html) == (503, False)
    assert seen.html.startswith(table()["state.damaged"]["zh"][:4])


def test_a_person_changes_their_own_password(url: str, accounts: Accounts) -> None:
    me, elsewhere = logged_in(url, "小看"), logged_in(url, "小看")
    new = {"new": "another horse", "again": "another horse"}
    assert me.post("/account", now="wrong horse", **new).status == 403
    assert me.post("/account", now=PASSWORD, new="short", again="short").alert.startswith("密码要有")
    assert me.post("/account", now=PASSWORD, new="another horse", again="other").alert.startswith("两次")
    assert accounts.check("小看", PASSWORD)
    assert "密码换好了" in me.post("/account", now=PASSWORD, **new).html
    assert me.get("/").status == 200
    assert elsewhere.get("/").status == 401
    assert accounts.check("小看", "another horse")


# --- who may do what ----------------------------------------------------------------------------------------------

APPROVING = {"/resume", "approve", "answer", "abandon", "/authorization/begin", "/authorization/code"}


def addresses() -> list[str]:
    """Every address of the page that takes a form."""
    all_of_them = [*shop_routes(), *site_routes()]
    routes = (route for route in all_of_them if "POST" in (getattr(route, "methods", None) or ()))
    return [re.sub(r"{[^}]+}", "1", route.path) for route in routes]  # type: ignore[attr-defined]


def test_a_viewer_looks_and_changes_nothing(url: str, sandbox: Sandbox) -> None:
    me = logged_in(url, "小看")
    assert [me.get(path).status for path in ("/", "/runs", "/authorization", "/account")] == [200] * 4
    for address in addresses():
        if address not in {"/login", "/logout", "/account", "/language"}:
            assert me.post(address).status == 403, address
    assert not sandbox.writes


def test_an_editor_does_not_approve(url: str, sandbox: Sandbox) -> None:
    me = logged_in(url, "小林")
    approving = [one for one in addresses() if one in APPROVING or one.rpartition("/")[2] in APPROVING]
    assert len(approving) == len(APPROVING)
    for address in approving:
        assert me.post(address).status == 403, address
    assert not sandbox.writes


def test_an_editor_uploads_and_an_approver_approves(url: str, folder: Path, sandbox: Sandbox) -> None:
    editor, approver = logged_in(url, "小林"), logged_in(url, "老王")
    preview = editor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
    assert not preview.has("approve")
    assert editor.post(preview.url + "/approve").status == 403
    done = approver.approve(approver.get(preview.url))
    assert done.count("done") == 1
    assert held(sandbox, "A-1")[PRICE] == 2100


# --- the second person --------------------------------------------------------------------------------------------


@pytest.fixture
def by_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_APPROVAL", "other")


@pytest.mark.usefixtures("by_another")
def test_who_submitted_does_not_approve_and_the_run_names_both(
    url: str, folder: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    one, other = logged_in(url, "老王"), logged_in(url, "老李")
    preview = one.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
    assert not preview.has("approve")
    assert "另一个人来批准" in preview.html
    refused = one.post(preview.url + "/approve")
    assert (refused.status, "另一个人来批准" in refused.alert) == (400, True)
    assert not sandbox.writes
    assert other.approve(other.get(preview.url)).count("done") == 1
    assert itemsync("history", "--json").json["runs"][0]["by"] == "老王 → 老李"
    assert "老王 → 老李" in one.get("/runs").html
    undo = one.settled(one.post("/runs/1/undo"))
    assert one.post(undo.url + "/approve").status == 400
    assert other.approve(other.get(undo.url)).count("done") == 1


@pytest.mark.usefixtures("by_another")
def test_no_detour_makes_somebody_the_second_person_of_their_own_sheet(
    url: str, folder: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    one, other = logged_in(url, "老王"), logged_in(url, "老李")
    preview = one.upload(write(folder / "mine.xlsx", line("A-1", 价格=21), line("A-2", 价格="九块")))
    again = other.settled(other.post(preview.url + "/again"))
    assert one.post(again.url + "/approve").status == 400, "another only had it planned anew"
    corrected = other.settled(other.post(again.url + "/cells", cell="F3", value="22"))
    assert corrected.count("update") == 2
    assert [who.post(corrected.url + "/approve").status for who in (one, other)] == [400, 400]
    assert not sandbox.writes


def test_nobody_approves_what_somebody_else_decided_after_they_looked(
    url: str, folder: Path, sandbox: Sandbox
) -> None:
    one, other = logged_in(url, "小林"), logged_in(url, "老李")
    preview = one.upload(write(folder / "mine.xlsx", line("A-1", 价格=21), line("A-2", 价格=21)))
    one.post(preview.url + "/tick", row=3)
    (seen,) = re.findall(r'name="decision" value="(\d+)"', other.get(preview.url).html)
    one.post(preview.url + "/tick", row=3, take=3)
    refused = other.post(preview.url + "/approve", decision=seen, shown=[2, 3], take=2)
    assert "别人又改过" in refused.alert
    assert not sandbox.writes
    again = other.get(preview.url)
    assert "将改动 2 个" in again.html, "nor was anything decided by what was shown"
    (seen,) = re.findall(r'name="decision" value="(\d+)"', again.html)
    assert other.approve(again, decision=seen, shown=[2, 3], take=2).count("done") == 1, "one's own may come late"


@pytest.mark.usefixtures("by_another")
def test_one_alone_is_told_to_make_accounts(folder: Path, sandbox: Sandbox) -> None:
    with address_of_page() as url:
        me = Visitor(url.partition("/?")[0])
        me.session.headers["Origin"] = me.url
        me.get(url)
        preview = me.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
        refused = me.post(preview.url + "/approve")
        assert "itemsync user add" in refused.alert
        me.session.close()
    assert not sandbox.writes


def test_two_who_approve_at_once_make_one_run(url: str, folder: Path, sandbox: Sandbox, itemsync: Command) -> None:
    people = [logged_in(url, name) for name in ("老王", "老李") for _ in range(3)]
    preview = people[0].upload(write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES)))
    with ThreadPoolExecutor(len(people)) as pool:
        answers = [*pool.map(lambda one: one.post(preview.url + "/approve"), people)]
    assert {one.settled(answer).url for one, answer in zip(people, answers, strict=True)} == {f"{url}/runs/1"}
    assert len(itemsync("history", "--json").json["runs"]) == 1
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2100] * 3


# --- the command line ---------------------------------------------------------------------------------------------


def test_no_page_is_served_to_others_before_somebody_has_an_account(itemsync: Command) -> None:
    for options in (("--host", "0.0.0.0"), ("--public", "https://shop.example")):
        ran = itemsync("web", *options, "--port", "0", "--json")
        assert (ran.code, ran.error) == (2, "web.no_accounts")


def test_people_are_made_and_changed_at_the_command_line(itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    typed(f"{PASSWORD}\n")
    assert itemsync("user", "add", "老王", "--role", "approver").code == 0
    typed(f"{PASSWORD}\r\n")
    assert itemsync("user", "add", "小林").code == 0
    listed = itemsync("user", "list", "--json").json["users"]
    assert listed == [{"name": "小林", "role": "editor"}, {"name": "老王", "role": "approver"}]
    assert "老王" in itemsync("user", "list").out
    typed("another horse\n")
    assert itemsync("user", "password", "小林").code == 0
    assert itemsync("user", "role", "小林", "viewer").code == 0
    context = Context()
    found = Accounts(context).check("小林", "another horse")
    context.close()
    assert found
    assert found.person.role == "viewer"
    assert itemsync("user", "remove", "小林").code == 0
    assert len(itemsync("user", "list", "--json").json["users"]) == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("user", "add", "小林", "--role", "boss"), "people.role"),
        (("user", "add", "小\u202e林"), "people.name"),
        (("user", "add", "小林"), "people.password"),
        (("user", "role", "nobody", "viewer"), "people.nobody"),
        (("user", "password", "nobody"), "people.nobody"),
        (("user", "remove", "nobody"), "people.nobody"),
        (("web", "--tls-cert", "page.pem"), "web.tls.both"),
        (("web", "--tls-cert", "page.pem", "--tls-key", "page.key", "--port", "0"), "web.tls"),
        (("web", "--public", "shop.example", "--port", "0"), "web.public"),
    ],
)
def test_what_is_wrong_is_told(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], code: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    ran = itemsync(*args)
    assert (ran.code, begun(code) in ran.err) == (2, True), ran.err


def begun(code: str) -> str:
    """How a text begins, as far as nothing is filled in."""
    return table()[code]["zh"].partition("{")[0]
