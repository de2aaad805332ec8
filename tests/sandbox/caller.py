"""A client of the sandbox that says in a word what it sees."""

from collections.abc import Callable

import requests

from sync.gateway.protocol import Failure, Garbled, SignMethod, parse, sign, timestamp
from sync.sandbox.server import Sandbox
from tests.clocks import HandClock

ITEM = "taobao.open.item."
CLOCK = HandClock()
"""The callers' own; a sandbox that goes by it finds all of them in time."""
PATIENT, IMPATIENT = 5.0, 0.15
"""Seconds a client waits."""


ISP = "error 15 isp.top-remote-service-unavailable: 服务不可用，请稍后重试"
CODE50 = "error 50 isp.top-remote-connection-timeout: 调用后端服务超时"
TMALL = "error 15 isp.top-remote-connection-timeout-tmall: 调用后端服务超时"
NUMBER = "error 50 530: 系统错误"
BUSY = "error 15 isv.item-quantity-item-update-service-error: 库存中心服务正忙，请稍候再试"
LEVEL = "error 53 isv.session-level-low: 授权的安全等级不够，请重新授权"
BANNED = "error 7 accesscontrol.limited-by-api-access-count: This ban will last for 5 more seconds"
EXPIRED = "error 27 invalid-sessionkey: SessionKey非法"


def post(
    sandbox: Sandbox,
    method: str,
    timeout: float = PATIENT,
    over: requests.Session | None = None,
    **business: object,
) -> requests.Response:
    """Sign and send one call, over a connection of its own unless `over` has one."""
    params = query(method=ITEM + method, **business)
    signed = {**params, "sign": sign(params, Sandbox.app_secret, SignMethod.MD5)}
    return (over or requests).post(sandbox.gateway, data=signed, timeout=timeout)


def query(**more: object) -> dict[str, str]:
    """The protocol's parameters, with `more` over them; None takes one out."""
    params = {
        "app_key": Sandbox.app_key,
        "session": Sandbox.session,
        "timestamp": timestamp(CLOCK.at),
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
    } | more
    return {name: str(value) for name, value in params.items() if value is not None}


def seen(
    sandbox: Sandbox,
    method: str,
    timeout: float = PATIENT,
    over: requests.Session | None = None,
    **business: object,
) -> str:
    """What the client of one call sees, in a word."""
    told = outcome(lambda: post(sandbox, method, timeout, over, **business))
    return told if isinstance(told, str) else read(told.content)


def outcome(ask: Callable[[], requests.Response]) -> requests.Response | str:
    """An answer of the platform's own, or what came instead in a word."""
    try:
        response = ask()
    except requests.ReadTimeout:
        return "time-out"
    except requests.ConnectionError:
        return "dropped"
    if response.status_code != 200:
        return f"{response.status_code} {response.headers['Content-Type'].partition(';')[0]}"
    return response


def read(body: bytes) -> str:
    """What one call's answer says, in a word."""
    try:
        answer = parse(body)
    except Garbled as garbled:
        return str(garbled)
    if isinstance(answer, Failure):
        return f"error {answer.code} {answer.sub_code}: {answer.sub_message}"
    return "right" if answer.success else "no"
