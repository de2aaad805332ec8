"""Answers requests: checks them, lets faults strike, carries the methods out, and writes the envelope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from itertools import count

from sync.gateway.protocol import envelope_name
from sync.sandbox import batch
from sync.sandbox import document as doc
from sync.sandbox.authority import TokenIssuer
from sync.sandbox.fault_catalog import NO_SUCH_ROUTE, CannedReply
from sync.sandbox.faults import Faults, IncomingCall, Late
from sync.sandbox.gate import Authorization, Rejected, Visit, admit, admit_batch, admit_part
from sync.sandbox.limits import Meter, SandboxLimit
from sync.sandbox.method import Method
from sync.sandbox.methods import METHODS
from sync.sandbox.shop import APP_KEY, OpenItemShop, Refused
from sync.sandbox.tokens import token_methods

CREDENTIALS = Authorization(APP_KEY, "sandbox-secret-known-to-everyone", "sandbox-session-known-to-everyone")
"""No secrets: they open nothing but a sandbox."""


def simplified(value: object) -> object:
    """Return an answer as `simplify=true` asks for it: a list stands by itself, not wrapped in its element's name."""
    if isinstance(value, list):
        return [simplified(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = list(value.values())
    if len(inner) == 1 and isinstance(inner[0], list):
        return simplified(inner[0])
    return {name: simplified(one) for name, one in value.items()}


class Platform:
    """Answers requests of one call, and of a batch of them."""

    def __init__(
        self,
        shop: OpenItemShop,
        clock: Callable[[], datetime],
        faults: Faults,
        limits: Mapping[str, SandboxLimit] | None = None,
        methods: Mapping[str, Method] = METHODS,
    ) -> None:
        self.shop = shop
        self.sellers: dict[str, OpenItemShop] = {}
        self.faults = faults
        self.late = Late()
        self.authority = TokenIssuer(clock)
        self._meter = Meter(limits or {})
        self.calls: Counter[str] = Counter()
        """Admitted calls, by method; those of a batch one by one."""
        self._clock = clock
        self._methods = {**methods, **token_methods(self.authority)}
        self._for_sellers = {name: method.needs_session for name, method in self._methods.items()}
        self._answers = count(1)

    def answer(self, params: Mapping[str, str]) -> CannedReply:
        """Carry out one call, and return its whole answer with the envelope."""
        try:
            admit(self._visit(params))
            met = self.faults.answer([self._call(params)], self.late)
            return met.spoil(met.replies[0])
        except Rejected as rejected:
            return self.reject(rejected)

    def answer_batch(self, query: Mapping[str, str], body: str, separator: str = batch.SEPARATOR) -> CannedReply:
        """Carry out a batch, of which each call stands or falls alone, and return the answers in their order.

        Refused as a whole, it is answered with one error (docs/explanation/platform.md#batches). Raises
        UnicodeDecodeError for parameters that are no text.
        """
        if self.faults.no_batch:
            return NO_SUCH_ROUTE
        try:
            admit_batch(self._visit(query, body))
            parts = [self._part(params) for params in batch.read(body, separator, query)]
            met = self.faults.answer(
                [part for part in parts if isinstance(part, IncomingCall)], self.late, batch=True
            )
            replies = iter(met.replies)
            answers = [(next(replies) if isinstance(part, IncomingCall) else part).body for part in parts]
            joint = separator.encode()
            return met.spoil(CannedReply(joint.join(answers), media_type="text/plain"), answers, joint)
        except Rejected as rejected:
            return self.reject(rejected)

    def reject(self, rejected: Rejected) -> CannedReply:
        """Return the answer to a call that goes no further."""
        words: dict[str, object] = {"sub_code": rejected.sub_code, "sub_msg": rejected.sub_message}
        error = {"code": rejected.code, "msg": rejected.message} | {
            name: text for name, text in words.items() if text
        }
        return CannedReply(doc.write({"error_response": {**error, **self._request_id()}}).encode())

    @property
    def application(self) -> Authorization:
        """The one application that is registered here."""
        return CREDENTIALS

    def _visit(self, params: Mapping[str, str], body: str = "") -> Visit:
        return Visit(params, self._for_sellers, self.application, self._opens, self._clock(), body)

    def _shop_of(self, params: Mapping[str, str]) -> OpenItemShop:
        return self.sellers.get(params.get("session", ""), self.shop)

    def _opens(self, session: str) -> bool:
        if session in self.sellers:
            return True
        known = self.authority.terms.well_known and session == self.application.session
        return known or self.authority.opens(session)

    def _part(self, params: Mapping[str, str]) -> IncomingCall | CannedReply:
        """Admit one call of a batch, or return its refusal."""
        try:
            admit_part(self._visit(params))
            return self._call(params)
        except Rejected as rejected:
            return self.reject(rejected)

    def _call(self, params: Mapping[str, str]) -> IncomingCall:
        method = params["method"]
        if self._methods[method].writes and not self.authority.writes(params["session"]):
            # The code is *assumed*: section 6 knows such a token, but names none.
            raise Rejected(12, "Insufficient User Permissions", "isv.w1-expired", "授权只能读，不能写")
        shop = self._shop_of(params)
        shop.turned = self.faults.turned
        now = self._clock()
        self._meter.count(method, now)
        self.calls[method] += 1
        # The shop of this moment: a late effect must not reach one that was put in its place.
        return IncomingCall(method, shop, now, partial(self._carry_out, shop, params), self.reject)

    def _carry_out(self, shop: OpenItemShop, params: Mapping[str, str]) -> CannedReply:
        name = params["method"]
        method = self._methods[name]
        fields: dict[str, object]
        try:
            for argument in method.required:
                if not params.get(argument):
                    raise Rejected(40, f"Missing required arguments:{argument}")
            fields = {**({"success": True} if method.says_success else {}), **method.handle(shop, params)}
        except Refused as refused:
            # A business rule's no stands inside a success envelope (docs/explanation/platform.md#one-call).
            fields = {"success": False, "message": str(refused)}
        except Rejected as rejected:
            return self.reject(rejected)
        content = {"result": fields} if shop.assumptions.wrap_result else fields
        whole = {**content, **self._request_id()}
        simple = params.get("simplify") == "true"
        document = simplified(whole) if simple else {self._envelope(shop, name): whole}
        return CannedReply(doc.write(document).encode(), success=fields.get("success") is not False)

    def _envelope(self, shop: OpenItemShop, method: str) -> str:
        name = envelope_name(method)
        return f"{name.removesuffix('_response')}_tmall_response" if shop.assumptions.tmall_envelope else name

    def _request_id(self) -> dict[str, object]:
        return {"request_id": f"sandbox{next(self._answers):09d}"}

    @property
    def writes(self) -> int:
        """How many calls could change something: a preview makes none."""
        return sum(times for name, times in self.calls.items() if self._methods[name].writes)
