"""Tokens by way of the gateway: the two methods that do what the authorization server's `/token` does (section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sync.sandbox import document as doc
from sync.sandbox.authority import Denied, TokenIssuer
from sync.sandbox.gate import Rejected
from sync.sandbox.method import Fields, Method, Params
from sync.sandbox.shop import OpenItemShop

Grant = Callable[[str], Mapping[str, object]]


def token_methods(authority: TokenIssuer) -> Mapping[str, Method]:
    """Return the methods that hand out tokens. They need the application's signature, and no session."""
    return {
        "taobao.top.auth.token.create": _method(authority.redeemed, "code"),
        "taobao.top.auth.token.refresh": _method(authority.renewed, "refresh_token"),
    }


def _method(grant: Grant, argument: str) -> Method:
    handle = partial(_granted, grant, argument)
    return Method(handle, (argument,), writes=False, says_success=False, needs_session=False)


def _granted(grant: Grant, argument: str, shop: OpenItemShop, params: Params) -> Fields:
    """*Assumed:* the error of a token that isn't granted; no document names it."""
    try:
        return {"token_result": doc.write(grant(params[argument]))}
    except Denied as denied:
        sub_code = f"isv.invalid-parameter:{argument}"
        raise Rejected(15, "Remote service error", sub_code, denied.description) from None
