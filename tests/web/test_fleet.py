"""The page of many shops: at a glance, each on its own, and what Prometheus reads."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from sync.fleet.fleet import Fleet
from sync.sandbox.server import Sandbox
from sync.service.context import Context
from sync.service.jobs import JobState
from sync.service.people import Accounts
from sync.state.fleet_tables import JOBS, WORKERS
from tests.cli.small_shop import held, line, row, write
from tests.disk import no_syncing
from tests.fleet.florist import SHOP, fleet, florist, keys, no_waiting, platform, sandbox, settings_of
from tests.fleet.test_status import job, put
from tests.web.fleet_page import address_of_fleet, one_worker
from tests.web.pages import PASSWORD, Visitor, arrived, logged_in, words

__all__ = ["fleet", "florist", "keys", "no_syncing", "no_waiting", "platform", "sandbox"]


@pytest.fixture
def visitor(florist: Fleet) -> Iterator[Visitor]:
    """Somebody at the page of a fleet with the florist in it."""
    with address_of_fleet(florist) as url:
        yield arrived(url)


def shop_row(visitor: Visitor, name: str, query: str = "") -> str:
    rows = visitor.get(f"/{query}").all(f"shop-{name}")
    return rows[0] if rows else ""


def test_a_shop_of_the_fleet_has_the_page_that_it_had_alone(
    visitor: Visitor, florist: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    shop = Visitor(f"{visitor.url}/shops/{SHOP}", visitor.session)
    assert f'href="/shops/{SHOP}/"' in visitor.get("/").html
    with one_worker(florist):
        done = shop.approve(shop.upload(write(tmp_path / "mine.xlsx", line("A-1", 价格=21))))
    (tmp_path / "got.xlsx").write_bytes(shop.session.get(done.url + "/download").content)
    assert row(tmp_path / "got.xlsx", "A-1")["同步结果"] == "完成"
    assert done.url == f"{shop.url}/runs/1"
    assert done.count("done") == 1
    assert held(sandbox, "A-1")["_sys@price"] == 2100
    assert "第 1 次运行" in shop_row(visitor, SHOP)
    assert f'href="/shops/{SHOP}/runs/1"' in visitor.get("/").html


def test_what_waits_in_all_shops_stands_together(visitor: Visitor, florist: Fleet, sandbox: Sandbox) -> None:
    florist.add("猫店", {**settings_of(sandbox), "approval": "other", "calls_per_day": 5000}, "me")
    put(
        florist.engine,
        JOBS,
        job(SHOP, JobState.WAITING),
        job("猫店", JobState.WAITING),
        job("猫店", JobState.READING, 2),
    )
    shown = visitor.get("/")
    assert "没有工作进程在运行" in shown.alert
    for name in (SHOP, "猫店"):
        assert shown.has(f"waiting-job-{name}-1")
        assert shown.has(f"approve-job-{name}-1"), "nothing in it asks for a look, and somebody else submitted it"
    assert re.search(r'data-testid="open">2<', shown.html)
    assert "0 / 5000 次" in shop_row(visitor, "猫店")
    assert shop_row(visitor, SHOP, "?q=猫") == ""
    assert shop_row(visitor, "猫店", "?q=猫&show=needs")
    assert "没有符合的店铺" in visitor.get("/?q=xx").html
    assert "All shops" in visitor.post("/language", lang="en", back="/?q=x").html


def test_workers_are_told_of(visitor: Visitor, florist: Fleet) -> None:
    now = datetime.now(UTC)
    known = {"host": "机器一", "pid": 77, "version": "9.9", "concurrency": 4, "since": now, "seen_at": now}
    put(florist.engine, WORKERS, {"id": "w1", **known})
    shown = visitor.get("/glance")
    assert shown.all("worker-w1")[0].startswith("机器一 77 正常 4 个任务")
    assert not shown.alert


def test_the_glance_needs_no_key_and_a_shop_says_that_it_does(
    postgres: str, florist: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ITEMSYNC_KEY", raising=False)
    monkeypatch.setattr("sync.fleet.keys.key_file", lambda: tmp_path / "none.key")
    with Fleet.open(postgres, lang="zh") as without_key, address_of_fleet(without_key) as url:
        visitor = arrived(url)
        assert SHOP in shop_row(visitor, SHOP)
        shop = visitor.get(f"/shops/{SHOP}/")
        assert shop.status == 400
        assert "没有加密用的钥匙" in words(shop.html)


def test_a_shop_that_is_not_there_has_no_page(visitor: Visitor, florist: Fleet) -> None:
    unknown = visitor.get("/shops/nobody/runs")
    assert (unknown.status, 'href="/"' in unknown.html) == (404, True)
    assert "/shops/nobody" not in unknown.html.replace('value="/shops/nobody/runs"', "")
    assert visitor.get(f"/shops/{SHOP}/nothing").status == 404


# --- /metrics -------------------------------------------------------------------------------------------------------


def figures(text: str) -> Mapping[str, float]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_this_machine_reads_the_metrics_without_a_session(
    visitor: Visitor, florist: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    florist.add("猫店", settings_of(sandbox), "me")
    assert requests.get(f"{visitor.url}/metrics", timeout=10).status_code == 200
    shop = Visitor(f"{visitor.url}/shops/{SHOP}", visitor.session)
    with one_worker(florist):
        shop.approve(shop.upload(write(tmp_path / "mine.xlsx", line("A-1", 价格=21), line("A-2"))))
    put(florist.engine, JOBS, job("猫店", JobState.WAITING))
    told = requests.get(f"{visitor.url}/metrics", timeout=10)
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = figures(told.text)
    assert found[f'itemsync_runs_total{{result="done",shop="{SHOP}"}}'] == 1
    assert found[f'itemsync_rows_total{{result="none",shop="{SHOP}"}}'] == 1
    assert found['itemsync_calls_total{outcome="done"}'] == sandbox.writes == 1
    assert found['itemsync_open_jobs{shop="猫店",state="waiting"}'] == 1
    assert found['itemsync_oldest_open_job_seconds{state="waiting"}'] > 0
    for secret in (sandbox.app_secret, sandbox.session):
        assert secret not in told.text


@pytest.mark.parametrize("more", [{"Host": "evil.example"}, {"X-Forwarded-For": "8.8.8.8"}, {"Forwarded": "for=x"}])
def test_others_do_not_read_the_metrics(visitor: Visitor, more: dict[str, str]) -> None:
    answer = requests.get(f"{visitor.url}/metrics", headers=more, timeout=10)
    assert answer.status_code in (401, 421)
    assert "itemsync_" not in answer.text


def test_who_has_an_account_reads_the_metrics_from_elsewhere(florist: Fleet, tmp_path: Path) -> None:
    context = Context(state=florist.state, settings={})
    Accounts(context).add("prometheus", "viewer", PASSWORD)
    context.close()

    def asked(password: str) -> int:
        basic = b64encode(f"prometheus:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "X-Forwarded-For": "8.8.8.8"}
        return requests.get(f"{url}/metrics", headers=headers, timeout=10).status_code

    with address_of_fleet(florist, accounts=True) as url:
        assert (asked(PASSWORD), asked("wrong horse"), asked("")) == (200, 401, 401)
        viewer = logged_in(url, "prometheus")
        assert viewer.get("/").has(f"shop-{SHOP}")
        assert viewer.post(f"/shops/{SHOP}/jobs/x/approve").status == 403
