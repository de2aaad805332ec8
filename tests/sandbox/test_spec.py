"""When faults strike, the SPEC that says so, and the command that takes it."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from sync.sandbox.assumptions import NORMALISING, Assumptions
from sync.sandbox.faults import Faults, Happened
from sync.sandbox.server import Sandbox
from sync.sandbox.spec import SALES, BadSpec, read
from tests.sandbox.caller import CLOCK, IMPATIENT, ISP, ITEM, PATIENT, seen
from tests.sandbox.items import item

CALLS = ("publish", "inventory.incr", "get", "publish", "get")


@pytest.mark.parametrize(
    ("spec", "struck"),
    [
        ("", []),
        ("isp-after@5", [5]),
        ("isp-after@publish:2", [4]),
        ("isp-after@publish:2,isp-after@1", [1, 4]),
        ("isp-after@inventory.incr:1,isp-before=0", [2]),
        ("isp-after@get=1", [3, 5]),
        ("isp-before=1", [1, 2, 3, 4, 5]),
        ("isp-before@6", []),
        ("isp-before@publish:3", []),
    ],
)
def test_when_a_fault_strikes(sandbox: Sandbox, item_id: int, spec: str, struck: list[int]) -> None:
    sandbox.faults = Faults(spec)
    for method in CALLS:
        seen(sandbox, method, item_id=item_id, num=1, item_json=item())
    assert [(fault.call, fault.method) for fault in sandbox.faults.happened] == [
        (number, ITEM + CALLS[number - 1]) for number in struck
    ]


def test_a_script_goes_before_the_dice(sandbox: Sandbox) -> None:
    even = range(2, 13, 2)
    sandbox.faults = Faults(",".join(("isp-before=1", *(f"truncated@{call}" for call in even))))
    for _ in range(12):
        seen(sandbox, "id.generate")
    assert [fault.call for fault in sandbox.faults.happened if fault.kind == "truncated"] == list(even)


def test_a_call_that_does_not_get_in_is_not_counted(sandbox: Sandbox) -> None:
    sandbox.faults = Faults("isp-before@1")
    assert requests.post(sandbox.gateway, timeout=PATIENT).json()["error_response"]["code"] == 21
    assert seen(sandbox, "id.generate") == ISP


def run(sandbox: Sandbox, spec: str, calls: int = 120) -> list[Happened]:
    """What happens under `spec` to so many equal calls."""
    sandbox.faults = Faults(spec)
    for _ in range(calls):
        seen(sandbox, "id.generate")
    return sandbox.faults.happened


def test_the_same_seed_makes_the_same_faults(sandbox: Sandbox) -> None:
    spec = "isp=0.2,truncated=0.1,http-502-before=0.05"
    first = run(sandbox, spec + ",seed=7")
    assert first == run(sandbox, spec + ",seed=7")
    assert first != run(sandbox, spec + ",seed=8")
    often = Counter(fault.kind for fault in first)
    assert set(often) == {"isp-before", "isp-after", "truncated", "http-502-before"}
    # By their sums: 35% of 120, less the few that strike at once.
    assert 25 < often.total() < 60
    assert often["truncated"] > often["http-502-before"]


def test_a_fault_depends_on_no_call_beside_it(sandbox: Sandbox, item_id: int) -> None:
    alone = [fault.call for fault in run(sandbox, "isp-before=0.3,seed=3", 40)]
    sandbox.faults = Faults("isp-before=0.3,empty@get=0.5,seed=3")
    for number in range(40):
        seen(sandbox, "id.generate" if number % 2 else "inventory.incr", item_id=item_id, num=1)
    assert [fault.call for fault in sandbox.faults.happened] == alone


# --- the SPEC ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spec", "turned"),
    [
        ("", {}),
        ("lag=2.5", {"lag": 2.5}),
        ("wrap-result=1,restock-lists=0", {"wrap_result": True, "restock_lists": False}),
        ("normalise=1", dict.fromkeys(NORMALISING, True)),
        ("normalise=1,cuts-titles=0", dict.fromkeys(NORMALISING, True) | {"cuts_titles": False}),
    ],
)
def test_a_spec_turns_assumptions(spec: str, turned: dict[str, object]) -> None:
    assert Faults(spec).turned == turned


def test_every_assumption_has_a_name_in_a_spec() -> None:
    spec = ",".join(f"{name.replace('_', '-')}=1" for name in vars(Assumptions()))
    assert Faults(spec).turned == dict.fromkeys(vars(Assumptions()), 1)


def test_the_beginning_of_names_stands_for_all_of_them() -> None:
    spec = read(" http-502=0.03, drop@publish:2 ,sales@3,ban=1,seed=7")
    assert [trigger.words for trigger in spec.faults] == [
        ("http-502-before", "http-502-after"),
        ("drop-before", "drop-after", "drop-late"),
        ("ban",),
    ]
    assert [trigger.words for trigger in spec.sales] == [(SALES,)]


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ("flood=0.1", "'flood' is no fault; there are drop-before, .*, sales"),
        ("dro=0.1", "'dro' is no fault"),
        ("http-50@2", "'http-50' is no fault"),
        ("drop-after", "'drop-after' is not like"),
        ("drop-after=", "'drop-after=' is not like"),
        ("drop-after=often", "'drop-after=often' is not like"),
        ("drop-after=-1", "'drop-after=-1' is not like"),
        ("empty@", "'empty@' is not like"),
        ("empty@publish", "'empty@publish' is not like"),
        ("empty,seed=7", "'empty' is not like"),
        ("drop-after=1.01", "'drop-after=1.01': a probability is from 0 to 1"),
        ("empty@0", "'empty@0': calls are counted from 1"),
        ("empty@publish:0", "counted from 1"),
        ("empty@sell:1", "'sell' is no method; there are id.generate, publish, "),
        ("empty@sell=1", "'sell' is no method"),
        ("seed=x", "seed takes a whole number, not 'x'"),
        ("seed=0.5", "seed takes a whole number"),
        ("ban-for=1.5", "ban-for takes a whole number"),
        ("no-batch", "no-batch takes a whole number"),
        ("lag", "lag takes a number"),
        ("lag=-1", "lag takes a number, not '-1'"),
        ("normalise=2", "normalise takes 0 or 1, not '2'"),
        ("cuts-titles=yes", "cuts-titles takes 0 or 1, not 'yes'"),
        ("cuts-title=1", "'cuts-title' is no fault"),
        ("cuts_titles=1", "'cuts_titles=1' is not like"),
        ("delay=-1", "delay takes a number, not '-1'"),
        ("late", "'late' is not like|late takes"),
    ],
)
def test_a_bad_spec_says_what_is_wrong(spec: str, wrong: str) -> None:
    with pytest.raises(BadSpec, match=wrong):
        Faults(spec)


# --- the command -------------------------------------------------------------------------------------------------
COMMAND = [sys.executable, "-W", "error", "-m", "sync", "--lang", "en", "sandbox", "--json"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_the_command_makes_trouble_and_no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CLOCK, "at", datetime.now(UTC))
    spec = "drop-after@1,slow-before@2,http-502@3,drop-late@4"
    with subprocess.Popen(
        [*COMMAND, "--faults", spec], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        distant = Sandbox(port=int(json.loads(server.stdout.readline())["gateway"].split(":")[2].split("/")[0]))
        sees = [seen(distant, "id.generate", IMPATIENT if call == 2 else PATIENT) for call in range(1, 6)]
        server.terminate()
        assert server.communicate(timeout=10) == ("", "")
    assert sees == ["dropped", "time-out", "502 text/html", "dropped", "right"]
    assert server.returncode == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--faults", "flood=1"], "'flood' is no fault"),
        (["--data", __file__], f"{Path(__file__).name} can't be opened"),
    ],
    ids=["a bad SPEC", "data that is no database"],
)
def test_the_command_refuses(options: list[str], words: str) -> None:
    refused = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=20, check=False)
    assert refused.returncode == 2
    assert words in json.loads(refused.stdout)["error"]["message"]
