"""Which sheet a file is, by what stands in it, where it is, and what else can be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sheet_id import as_sheet_id, file_name, is_sheet_id, new_sheet_id
from sync.sightings import Found, Recognised, Sighting, recognise

X, Y = "a" * 32, "b" * 32
P, Q, R = "/shop/week.xlsx", "/shop/old/week 48.xlsx", "C:\\shop\\week.xlsx"
OLD = as_sheet_id(P)
DAY = datetime(2026, 11, 21, tzinfo=UTC)


def seen(id: str, place: str, bears: str = "", day: int = 0, *, digest: str = "") -> Sighting:
    return Sighting(id, place, bears, digest, DAY + timedelta(days=day))


@pytest.mark.parametrize(
    ("found", "sightings", "there", "which"),
    [
        pytest.param(Found(P), [seen(X, P)], {}, Recognised(X), id="at its place, before it has results"),
        pytest.param(Found(P, X), [seen(X, P)], {}, Recognised(X), id="at its place, with results"),
        pytest.param(Found(P), [seen(X, P, X)], {}, Recognised(X), id="a program dropped the id"),
        pytest.param(Found(P), [seen(X, P), seen(Y, P, Y, 1)], {}, Recognised(Y), id="the last at that place"),
        pytest.param(Found(Q, X), [seen(X, P)], {}, Recognised(X, was_at=P), id="moved"),
        pytest.param(Found(Q, X), [seen(X, P)], {P: Y}, Recognised(X, was_at=P), id="moved, and replaced there"),
        pytest.param(Found(R, X), [seen(X, P), seen(X, R, X, 1)], {P: X}, Recognised(X), id="both places known"),
        pytest.param(Found(P, Y), [seen(X, P), seen(Y, Q)], {}, Recognised(Y, was_at=Q), id="another moved over it"),
        pytest.param(Found(Q, X), [seen(Y, Q, X), seen(X, P)], {P: X}, Recognised(Y), id="a copy, no results yet"),
        pytest.param(Found(P, Y), [seen(X, P)], {}, Recognised(X), id="another state's id in a sheet of ours"),
        pytest.param(Found(Q, Y), [seen(X, P)], {}, Recognised(Y), id="another state's id in a sheet of its own"),
        pytest.param(Found(Q, Y), [seen(X, P, Y)], {}, Recognised(X, was_at=P), id="ours with another's id, moved"),
        pytest.param(Found(P), [Sighting(OLD, P)], {}, Recognised(OLD), id="a run of 2.0 at that path"),
        pytest.param(Found(P, "", "d"), [seen(X, Q, digest="d")], {}, Recognised(X), id="the same upload again"),
        pytest.param(Found(P, X, "e"), [seen(X, Q, digest="d")], {Q: X}, Recognised(X), id="results uploaded"),
        pytest.param(Found(P, X, "e"), [seen(X, Q)], {Q: X}, Recognised(X), id="a kept sheet uploaded"),
        pytest.param(Found(P, X), [seen(X, Q, digest="d")], {Q: X}, Recognised(X, was_at=Q), id="an upload kept"),
    ],
)
def test_a_known_sheet(found: Found, sightings: list[Sighting], there: dict[str, str], which: Recognised) -> None:
    assert recognise(found, sightings, there.get) == which


@pytest.mark.parametrize("bears", ["", X])
def test_of_two_that_can_be_seen_the_one_where_it_was_is_the_sheet(bears: str) -> None:
    copy = recognise(Found(Q, X), [seen(X, P)], {P: bears}.get)
    assert copy.id not in ("", X) and copy.copy_of == P
    assert recognise(Found(P, bears), [seen(X, P)], {Q: X}.get) == Recognised(X)


@pytest.mark.parametrize("found", [Found(Q), Found(Q, "", "d")])
def test_what_tells_nothing_is_new(found: Found) -> None:
    one = recognise(found, [seen(X, P), seen(Y, P, digest="e")], {P: X}.get)
    assert one.is_new and is_sheet_id(one.id) and one.id not in (X, Y)


places = st.sampled_from([P, Q, R])
ids = st.sampled_from(["", X, Y])


@given(
    st.lists(st.builds(seen, ids.filter(bool), places, ids, st.integers(0, 9)), max_size=6), places, ids, st.data()
)
def test_what_was_noted_is_found_again(
    sightings: list[Sighting], place: str, bears: str, data: st.DataObject
) -> None:
    there = {one: data.draw(ids) for one in (P, Q, R)} | {place: bears}
    once = recognise(Found(place, bears), sightings, there.get)
    after = [one for one in sightings if (one.place, one.bears) != (place, bears)]
    after.append(seen(once.id, place, bears, 10))
    again = recognise(Found(place, bears), after, there.get)
    assert again.id == once.id and not again.is_new and not again.copy_of
    assert recognise(Found(place, once.id), after, there.get).id == once.id, "its results give it this id"


def test_the_paths_of_old_records_are_ids_too() -> None:
    assert is_sheet_id(OLD) and as_sheet_id(OLD) == OLD and as_sheet_id(P) == OLD != as_sheet_id(Q)
    assert as_sheet_id("") == ""
    assert is_sheet_id(new_sheet_id()) and not is_sheet_id("../week.xlsx")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (P, "week.xlsx"),
        (R, "week.xlsx"),
        ("\\\\nas\\shop\\周表.xlsx", "周表.xlsx"),
        ("dataframe:/DataFrame", "DataFrame"),
        ("/shop/a\\b.xlsx", "a\\b.xlsx"),
        ("C:/shop/w.xlsx", "w.xlsx"),
        ("/", "/"),
    ],
)
def test_a_file_s_name_is_known_on_every_system(place: str, name: str) -> None:
    assert file_name(place) == name
