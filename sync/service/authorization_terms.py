"""How long a seller's authorization holds: what may be known without the secrets themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sync.gateway.token import Token
from sync.item import clock_text
from sync.json_forms import JsonForm
from sync.messages import Message, say


@dataclass(frozen=True)
class AuthorizationTerms:
    """Until when a shop can be called and changed. It holds no secret."""

    fixed: bool = False
    """Whether the settings themselves give the access token: then nobody knows how long it holds."""
    token: Token | None = None
    """What a login gave, without what it calls and renews with; None: there was none."""

    @classmethod
    def of(cls, session: str, token: Token | None) -> AuthorizationTerms:
        """Return the terms of what there is; `session`: the settings' own access token, empty: none."""
        if session:
            return cls(fixed=True)
        return cls(token=replace(token, text="", refresh=None if token.refresh is None else "") if token else None)

    def standing(self, now: datetime) -> tuple[Message, bool, bool]:
        """Say how it stands, whether the platform will answer, and whether it also lets items be changed."""
        if self.fixed:
            return say("standing.fixed"), True, True
        token = self.token
        if token is None:
            return say("standing.none"), False, False
        if not (token.alive(now) or token.renewable(now)):
            return say("standing.ended"), False, False
        if not token.writable(now):
            return say("standing.read_only"), True, False
        code = "standing.renews" if token.renewable(now) else "standing.lasts"
        return say(code, until=clock_text(token.until)), True, True


TERMS_JSON: JsonForm[AuthorizationTerms] = JsonForm(AuthorizationTerms)
"""How they are written down."""
