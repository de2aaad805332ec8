"""The authorization server over real HTTP: docs/explanation/platform.md#authorization, as a browser and a program
meet it."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests

from sync.sandbox.authority import OUT_OF_BAND, Terms
from sync.sandbox.server import Sandbox
from tests.sandbox.batches import seen_batch, segment
from tests.sandbox.caller import CLOCK, seen
from tests.sandbox.items import item

HERE = "http://127.0.0.1:8400/"
INVALID = "error 27 None: None"
READ_ONLY = "error 12 isv.w1-expired: 授权只能读，不能写"
Answer = dict[str, object]


@pytest.fixture
def sandbox(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One whose clock is wound back in the end."""
    monkeypatch.setattr(CLOCK, "at", CLOCK.at)
    sandbox.authority.asked.clear()
    yield sandbox
    sandbox.authority.terms = Terms()


def asking(**changed: str | None) -> dict[str, str]:
    """What a program asks for in the address that the browser opens; None takes one out."""
    asked = {"response_type": "code", "client_id": Sandbox.app_key, "redirect_uri": HERE, "state": "a&b=甲"} | changed
    return {name: value for name, value in asked.items() if value is not None}


def page(sandbox: Sandbox, **changed: str | None) -> requests.Response:
    return requests.get(f"{sandbox.origin}/authorize", params=asking(**changed), timeout=5)


def press(sandbox: Sandbox, shown: requests.Response, button: str = "授权 Authorize") -> requests.Response:
    """Press a button of the page, as a browser does."""
    address = re.search(r'<form method="post" action="([^"]+)">', shown.text)
    assert address is not None
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', shown.text)
    (pressed,) = re.findall(rf'<button name="([^"]*)" value="([^"]*)">{button}</button>', shown.text)
    form = {name: unescape(value) for name, value in [*fields, pressed]}
    return requests.post(sandbox.origin + address[1], data=form, timeout=5, allow_redirects=False)


def consented(sandbox: Sandbox, redirect: str = HERE) -> str:
    """A code, by way of the page."""
    went = press(sandbox, page(sandbox, redirect_uri=redirect))
    if redirect == OUT_OF_BAND:
        return str(re.findall("<output>(.*)</output>", went.text)[0])
    return parse_qs(urlsplit(went.headers["Location"]).query)["code"][0]


def ask_token(sandbox: Sandbox, **asked: str) -> requests.Response:
    form = {"client_id": Sandbox.app_key, "client_secret": Sandbox.app_secret} | asked
    return requests.post(f"{sandbox.origin}/token", data=form, timeout=5)


def redeem(sandbox: Sandbox, code: str, changed: Mapping[str, str] | None = None) -> requests.Response:
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": HERE}
    return ask_token(sandbox, **asked | dict(changed or {}))


def refresh(sandbox: Sandbox, token: object, **changed: str) -> requests.Response:
    return ask_token(sandbox, **{"grant_type": "refresh_token", "refresh_token": str(token)} | changed)


def authorized(sandbox: Sandbox, terms: Terms | None = None) -> Answer:
    """The answer to a login under these terms."""
    sandbox.authority.terms = terms or Terms()
    answer: Answer = redeem(sandbox, consented(sandbox)).json()
    return answer


# --- the page ----------------------------------------------------------------------------------------------------
def test_the_page_asks_and_its_button_goes_back_to_the_program(sandbox: Sandbox) -> None:
    shown = page(sandbox)
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "授权应用管理店铺“沙箱小店”" in shown.text and "Authorize" in shown.text
    went = press(sandbox, shown)
    assert went.status_code == 302
    address = urlsplit(went.headers["Location"])
    told = parse_qs(address.query, strict_parsing=True)
    assert f"{address.scheme}://{address.netloc}{address.path}" == HERE
    assert (told["state"], set(told)) == (["a&b=甲"], {"code", "state"})
    assert redeem(sandbox, told["code"][0]).status_code == 200


def test_a_person_may_refuse(sandbox: Sandbox) -> None:
    went = press(sandbox, page(sandbox), "拒绝 Refuse")
    told = parse_qs(urlsplit(went.headers["Location"]).query)
    assert (told["error"], told["state"], "code" in told) == (["access_denied"], ["a&b=甲"], False)
    stayed = press(sandbox, page(sandbox, redirect_uri=OUT_OF_BAND), "拒绝 Refuse")
    assert stayed.status_code == 200
    assert "没有授权" in stayed.text and "<output>" not in stayed.text


def test_a_tool_that_cannot_be_reached_shows_the_code_to_paste(sandbox: Sandbox) -> None:
    code = consented(sandbox, OUT_OF_BAND)
    assert redeem(sandbox, code, {"redirect_uri": OUT_OF_BAND}).status_code == 200


def test_the_address_keeps_what_it_had(sandbox: Sandbox) -> None:
    here = "http://localhost:1/back?shop=%E7%94%B2"
    went = press(sandbox, page(sandbox, redirect_uri=here, state=None))
    told = parse_qs(urlsplit(went.headers["Location"]).query)
    assert (told["shop"], set(told)) == (["甲"], {"shop", "code"})


def test_the_page_shows_what_it_is_given_as_text(sandbox: Sandbox) -> None:
    shown = page(sandbox, state='"><script>alert(1)</script>')
    assert "<script" not in shown.text
    state = parse_qs(urlsplit(press(sandbox, shown).headers["Location"]).query)["state"]
    assert state == ['"><script>alert(1)</script>']


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "1"),
        ("client_id", None),
        ("response_type", "token"),
        ("response_type", None),
        ("redirect_uri", None),
        ("redirect_uri", "https://example.com/"),
        ("redirect_uri", "https://127.0.0.1.example.com/"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://[::1"),
    ],
)
def test_a_request_that_no_page_is_shown_for(sandbox: Sandbox, name: str, value: str | None) -> None:
    shown = page(sandbox, **{name: value})
    assert shown.status_code == 400
    assert name in shown.text and "不能授权" in shown.text and "<form" not in shown.text
    posted = requests.post(
        f"{sandbox.origin}/authorize",
        data=asking(**{name: value}) | {"answer": "authorize"},
        timeout=5,
        allow_redirects=False,
    )
    assert (posted.status_code, "Location" in posted.headers) == (400, False)


# --- the token ---------------------------------------------------------------------------------------------------
def test_the_answer_has_all_its_fields(sandbox: Sandbox) -> None:
    answer = authorized(sandbox)
    access, renewal = answer.pop("access_token"), answer.pop("refresh_token")
    assert isinstance(access, str) and isinstance(renewal, str) and len({access, renewal}) == 2
    assert unquote(str(answer.pop("taobao_user_nick"))) == "沙箱小店"
    times = dict.fromkeys(("expires_in", "r1_expires_in", "r2_expires_in", "w1_expires_in", "w2_expires_in"), 7200)
    month = 30 * 24 * 3600
    assert answer == times | {"token_type": "Bearer", "re_expires_in": month, "taobao_user_id": "20000001"}


def test_a_token_opens_the_gateway_until_it_expires(sandbox: Sandbox) -> None:
    token = authorized(sandbox, Terms(life=3600))["access_token"]
    CLOCK.move(seconds=3599.9)
    assert seen(sandbox, "id.generate", session=token) == "right"
    assert seen_batch(sandbox, segment("id.generate"), session=str(token)) == ["right"]
    CLOCK.move(seconds=0.1)
    assert seen(sandbox, "id.generate", session=token) == INVALID
    assert seen_batch(sandbox, segment("id.generate"), session=str(token)) == [INVALID]
    assert seen(sandbox, "id.generate") == "right"


def test_the_session_that_everyone_knows_may_be_no_session(sandbox: Sandbox) -> None:
    token = authorized(sandbox, Terms(well_known=False))["access_token"]
    assert seen(sandbox, "id.generate") == INVALID
    assert seen(sandbox, "id.generate", session=token) == "right"


DENIED: dict[str, tuple[dict[str, str], str]] = {
    "a wrong secret": ({"client_secret": "guess"}, "invalid_client"),
    "another application": ({"client_id": "1"}, "invalid_client"),
    "another address": ({"redirect_uri": OUT_OF_BAND}, "invalid_grant"),
    "a code that is none": ({"code": "guess"}, "invalid_grant"),
    "no code": ({"code": ""}, "invalid_grant"),
    "another grant": ({"grant_type": "password"}, "unsupported_grant_type"),
    "no grant": ({"grant_type": ""}, "unsupported_grant_type"),
}


@pytest.mark.parametrize(("changed", "error"), DENIED.values(), ids=DENIED)
def test_a_code_that_is_not_redeemed(sandbox: Sandbox, changed: dict[str, str], error: str) -> None:
    answer = redeem(sandbox, consented(sandbox), changed)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}
    assert Sandbox.app_secret not in answer.text


def test_a_code_is_good_once_and_for_ten_minutes(sandbox: Sandbox) -> None:
    used, stale = consented(sandbox), consented(sandbox)
    assert [redeem(sandbox, used).status_code for _ in range(2)] == [200, 400]
    CLOCK.move(minutes=10)
    assert redeem(sandbox, stale).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_good_once_and_brings_the_next(sandbox: Sandbox) -> None:
    first = authorized(sandbox, Terms(life=60))
    CLOCK.move(seconds=61)
    second = refresh(sandbox, first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    assert seen(sandbox, "id.generate", session=first["access_token"]) == INVALID
    assert seen(sandbox, "id.generate", session=second["access_token"]) == "right"
    assert refresh(sandbox, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(sandbox, second["refresh_token"]).status_code == 200
    assert sandbox.authority.asked == {"authorization_code": 1, "refresh_token": 3}


@pytest.mark.parametrize("wrong", [{"client_secret": "guess"}, {"client_id": "1"}], ids=str)
def test_nobody_else_can_refresh(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    token = authorized(sandbox)["refresh_token"]
    assert refresh(sandbox, token, **wrong).json()["error"] == "invalid_client"
    assert refresh(sandbox, token).status_code == 200


def test_a_refresh_token_expires_too(sandbox: Sandbox) -> None:
    token = authorized(sandbox)["refresh_token"]
    CLOCK.move(days=30)
    assert refresh(sandbox, token).json()["error"] == "invalid_grant"


def test_a_token_of_a_fixed_length_has_no_refresh_token(sandbox: Sandbox) -> None:
    answer = authorized(sandbox, Terms(renewable=False))
    assert ("refresh_token" in answer, answer["re_expires_in"]) == (False, 0)


def test_refreshing_may_be_refused(sandbox: Sandbox) -> None:
    token = authorized(sandbox, Terms(renews=False))["refresh_token"]
    assert refresh(sandbox, token).json()["error"] == "invalid_grant"


def test_a_token_for_reading_only(sandbox: Sandbox) -> None:
    item_id = sandbox.shop.publish(item())
    answer = authorized(sandbox, Terms(writes=False))
    assert [answer[name] for name in ("r1_expires_in", "w1_expires_in", "w2_expires_in")] == [7200, 0, 0]
    token = answer["access_token"]
    assert seen(sandbox, "get", item_id=item_id, session=token) == "right"
    assert seen(sandbox, "inventory.incr", item_id=item_id, num=1, session=token) == READ_ONLY
    both = [segment("get", item_id=item_id), segment("id.generate")]
    assert seen_batch(sandbox, *both, session=str(token)) == ["right", READ_ONLY]
    assert seen(sandbox, "inventory.incr", item_id=item_id, num=1) == "right"


def test_tokens_keep_the_terms_that_they_were_issued_on(sandbox: Sandbox) -> None:
    before = authorized(sandbox)["access_token"]
    after = authorized(sandbox, Terms(life=1, writes=False))["access_token"]
    CLOCK.move(seconds=1)
    assert seen(sandbox, "id.generate", session=before) == "right"
    assert seen(sandbox, "id.generate", session=after) == INVALID


def test_the_parameters_may_stand_in_the_query(sandbox: Sandbox) -> None:
    asked = {
        "grant_type": "authorization_code",
        "code": consented(sandbox),
        "redirect_uri": HERE,
        "client_id": Sandbox.app_key,
        "client_secret": Sandbox.app_secret,
    }
    assert requests.post(f"{sandbox.origin}/token", params=asked, timeout=5).status_code == 200
    assert requests.get(f"{sandbox.origin}/token", params=asked, timeout=5).status_code == 405


@pytest.mark.parametrize("path", ["token", "authorize"])
def test_bytes_that_are_no_text(sandbox: Sandbox, path: str) -> None:
    answer = requests.post(f"{sandbox.origin}/{path}", data=b"code=%ff", timeout=5)
    assert answer.status_code == 400
