"""How long an authorization holds, as it may stand where no secret may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.gateway.token import Token
from sync.service.authorization_terms import TERMS_JSON, AuthorizationTerms

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TOKEN = Token("s3cret-access", NOW - DAY, NOW + DAY, "s3cret-refresh", levels={"w1": NOW + DAY})


def test_they_hold_no_secret_and_come_back_as_they_were() -> None:
    written = TERMS_JSON.dump_json(AuthorizationTerms.of("", TOKEN)).decode()
    assert "s3cret" not in written
    assert TERMS_JSON.validate_json(written) == AuthorizationTerms.of("", TOKEN)
    assert "s3cret" not in TERMS_JSON.dump_json(AuthorizationTerms.of("s3cret-session", TOKEN)).decode()


@pytest.mark.parametrize(
    ("session", "token", "after", "code", "may"),
    [
        ("", TOKEN, timedelta(), "standing.renews", (True, True)),
        ("", Token("a", NOW, NOW + DAY), timedelta(), "standing.lasts", (True, True)),
        ("", Token("a", NOW, NOW + DAY), 2 * DAY, "standing.ended", (False, False)),
        ("", Token("a", NOW, NOW + 9 * DAY, levels={"w1": NOW}), DAY, "standing.read_only", (True, False)),
        ("", None, timedelta(), "standing.none", (False, False)),
        ("its own", None, 900 * DAY, "standing.fixed", (True, True)),
    ],
)
def test_they_say_whether_a_person_must_do_something(
    session: str, token: Token | None, after: timedelta, code: str, may: tuple[bool, bool]
) -> None:
    told, may_call, may_write = AuthorizationTerms.of(session, token).standing(NOW + after)
    assert (told.code, (may_call, may_write)) == (code, may)
