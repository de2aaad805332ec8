"""Who calls, and the signature that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.gateway.auth import Access
from sync.gateway.protocol import SignMethod, sign, timestamp


@dataclass(frozen=True)
class Credentials:
    """Who calls. Never shown: not in `repr`, not in an error."""

    app_key: str
    app_secret: str = field(repr=False)
    access: Access = field(repr=False)
    sign_method: SignMethod = SignMethod.HMAC_SHA256
    given_by: str = ""
    """The variable or setting that gave the access token; empty: a login did."""

    def signed(self, params: Mapping[str, str], token: str, now: datetime, body: str = "") -> dict[str, str]:
        """Return all parameters of a request; `body`: of a batch, which is signed too."""
        public = {
            "app_key": self.app_key,
            "session": token,
            "timestamp": timestamp(now),
            "format": "json",
            "v": "2.0",
            "sign_method": self.sign_method.value,
        }
        both = {**public, **params}
        return {**both, "sign": sign(both, self.app_secret, self.sign_method, body)}
