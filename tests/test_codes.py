"""Codes as a person sees them, and which two look the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.codes import as_code, likeness, spelt_code
from sync.unseen import seen, spelt, unseen_in

UNSEEN = (
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200b\u200c\u200d\u2060\ufeff\u00ad"
    "\ufe0f\ufe00\u180e\u034f\u115f\u3164\uffa0\x00\x07\x1f\x7f\x9b\ufffc\U000e0041\U000e0100"
)
BLANKS = "\u00a0\u2000\u2003\u2009\u202f\u205f\u1680\u2800"


@pytest.mark.parametrize("sign", [*UNSEEN, *BLANKS, "\t"], ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_code_is_read_without_what_nobody_sees(sign: str) -> None:
    assert as_code(f"MJ{sign}-001{sign}") == "MJ-001"
    assert likeness(f"MJ{sign}-001") == likeness("MJ-001")
    assert f"U+{ord(sign):04X}" in spelt(f"MJ-001{sign}")


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"U+{ord(sign):04X}")
def test_text_is_seen_without_them_and_they_are_named(sign: str) -> None:
    assert seen(f"上架{sign}") == "上架"
    assert unseen_in(f"{sign}上{sign}架") == (f"U+{ord(sign):04X}",)


@pytest.mark.parametrize("sign", BLANKS, ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_blank_of_any_kind_is_a_space(sign: str) -> None:
    assert seen(f"猫眼{sign}美甲", prose=True) == "猫眼 美甲"


def test_emoji_stay_whole_in_prose() -> None:
    assert seen("👩‍🎤❤️葛\U000e0100\u200e", prose=True) == "👩‍🎤❤️葛\U000e0100"
    assert unseen_in("👩‍🎤❤️\u200e", prose=True) == ("U+200E",)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("'00101", "00101"),
        ("`00101", "00101"),
        ("＇００１０１", "00101"),
        ("‘00101", "00101"),
        (' ="00101" ', "00101"),
        ('=""00101""', "00101"),
        ('="00""1"', '00"1'),
        ("00101\t", "00101"),
        ("\t'\u200e00101\x1f", "00101"),
        ("MJ 001", "MJ 001"),
        ("MJ　001", "MJ 001"),
        ("款①㎡", "款①㎡"),
        ("A'1", "A'1"),
        ('="a"&"b"', '="a"&"b"'),
        ("=1+2", "=1+2"),
        ("'", ""),
        ("\u200e", ""),
    ],
)
def test_a_code_is_read_without_marks(written: str, code: str) -> None:
    assert as_code(written) == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MJ-003", "mj-003"),
        ("MJ-004", "MJ‐004"),
        ("MJ-004", "MJ–004"),
        ("MJ-004", "MJ−004"),
        ("MJ-004", "MJ－004"),
        ("MJ-004", "MJー004"),
        ("00102", "102"),
        ("00102", "'102"),
        ("00102", '="00102"'),
        ("00102", "´00102"),
        ("MJ-001", "M J-001"),
        ("MJ-001", "ＭＪ－００１"),
        ("7''", '7"'),
        ("7''", "7’’"),
        ("A·1", "A•1"),
        ("A·1", "A・1"),
        ("A/1", "A∕1"),
        ("MJ-001", "МJ-001"),
        ("MJ-001", "ΜJ-001"),
        ("STRASSE", "straße"),
        ("é1", "e\u03011"),
        ("A①", "A1"),
        ("0", "000"),
    ],
)
def test_what_looks_the_same(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MJ-001", "MJ-002"),
        ("MJ-001", "MJ001"),
        ("MJ-001", "MJ_001"),
        ("MJ-1O", "MJ-10"),
        ("l1", "11"),
        ("MJ-01", "MJ-001"),
        ("A·1", "A.1"),
        ("A.1", "A-1"),
        ("A/1", "A\\1"),
        ("A'1", "A1"),
        ("红1", "江1"),
        ("1", "10"),
    ],
)
def test_what_can_be_told_apart(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)


def test_signs_that_may_be_mistaken_are_named() -> None:
    assert spelt_code("MJ‐004") == "MJ<U+2010>004"
    assert spelt_code("MJ-001\u200e") == "MJ-001<U+200E>"
    assert spelt_code("红-1 é") == "红-1 é"


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_a_code_that_was_read_is_read_the_same_again(text: str) -> None:
    once = as_code(text)
    assert likeness(once) == likeness(text)
    assert as_code(once) == once
