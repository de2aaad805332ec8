"""The table of texts: complete in both languages, all of it used, and all that is used in it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import sync
from sync.call import Op, Outcome, Result
from sync.errors import Refusal
from sync.fields import CUSTOM_PREFIXES, PRICE, Name
from sync.item import Status
from sync.messages import Joined, Language, Level, Message, Problem, Worded, listed, say, table
from sync.plan.plan import Action, Verdict
from sync.values import Shown
from tests.imports import trees

SOURCES = Path(sync.__file__).parent
CODES = sorted(table())
LANGUAGES: tuple[Language, ...] = ("zh", "en")


# --- the source, as far as it speaks ------------------------------------------------------------------------------


Node = ast.Constant | ast.JoinedStr | ast.Call


@cache
def speaking() -> Sequence[tuple[str, Node]]:
    """All that can say something, each with its module; the whole house is looked through once."""
    nodes = ((module, node) for module, tree in trees("sync").items() for node in ast.walk(tree))
    return [(module, node) for module, node in nodes if isinstance(node, Node)]


def literals() -> frozenset[str]:
    nodes = (node for _, node in speaking())
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def prefixes() -> tuple[str, ...]:
    """The beginnings of f-strings that make a code, such as `op.` of `f"op.{self.value}"`."""
    nodes = (node for _, node in speaking())
    heads = (node.values[0] for node in nodes if isinstance(node, ast.JoinedStr) and len(node.values) > 1)
    texts = (head.value for head in heads if isinstance(head, ast.Constant) and isinstance(head.value, str))
    return tuple(sorted({text for text in texts if re.fullmatch(r"[a-z_.]+\.", text)}))


def templates() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in SOURCES.rglob("*.j2"))


def said() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Yield where and which literal code is said, and the blanks that are filled in; None: not known here."""
    for module, node in speaking():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "say":
            continue
        if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            known = all(keyword.arg for keyword in node.keywords)
            yield f"{module}:{node.lineno}", node.args[0].value, given if known else None


def blanks(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


# --- the table ----------------------------------------------------------------------------------------------------


def test_a_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    # One test for the whole table: a case for each code would be a third of all cases of the suite.
    for code in CODES:
        texts = table()[code]
        assert set(texts) == {"zh", "en"}, code
        assert all(text.strip() for text in texts.values()), code
        assert blanks(texts["zh"]) == blanks(texts["en"]), code
        assert all(name.isidentifier() for name in blanks(texts["zh"])), f"blanks of {code} have names"


def test_texts_parsed_one_by_one_are_the_files() -> None:
    assert dict(table()) == tomllib.loads((SOURCES / "messages.toml").read_text(encoding="utf-8"))


def test_every_text_of_the_table_is_used() -> None:
    used, pages = literals(), templates()
    started = (*prefixes(), *re.findall(r"'([a-z_.]+\.)' ~", pages))
    assert [c for c in CODES if c not in used and not c.startswith(started) and c not in pages] == []


def test_the_scan_finds_what_it_looks_for() -> None:
    """A scan that found nothing would pass every test of it."""
    assert {"op.", "status.", "result."} <= set(prefixes())
    assert {"price.decimals", "drift.overridden"} <= literals()
    assert len(list(said())) > 100


def test_every_text_that_is_said_is_in_the_table() -> None:
    assert [(place, code) for place, code, _ in said() if code not in table()] == []


def test_every_blank_is_filled_in_where_a_text_is_said() -> None:
    known = [(place, code, given) for place, code, given in said() if given is not None and code in table()]
    empty = [(place, code, blanks(table()[code]["zh"]) - given) for place, code, given in known]
    assert [one for one in empty if one[2]] == []


WORDS: Mapping[str, list[Worded]] = {
    "statuses": [*Status],
    "calls": [*Op],
    "results": [*Result],
    "actions": [say(f"action.{action.value}") for action in Action],
    "changes": [say(f"verdict.{verdict.value}") for verdict in Verdict if verdict.changes],
    "levels": [say(f"report.level.{level.value}") for level in Level],
    "outcomes": [say(f"report.outcome.{outcome.value.replace(' ', '_')}") for outcome in Outcome],
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_every_word_of_the_program_can_be_said(words: list[Worded]) -> None:
    for language in LANGUAGES:
        texts = [word.words(language) for word in words]
        assert all(texts)
        assert len(set(texts)) == len(texts), "no two say the same"


# --- how the texts are written ------------------------------------------------------------------------------------

CHINESE = "\u3400-\u9fff"
HALF_WIDTH = re.compile(rf"(?<=[{CHINESE}])[,:;()?]|[,:;()?](?=[{CHINESE}])")


def as_read(text: str) -> str:
    """Write the text with a Chinese word for each blank: that is how most of them come out.

    A header such as `自定义:品牌` is no prose: it stands as it is to be typed.
    """
    for prefix in CUSTOM_PREFIXES:
        text = text.replace(prefix, prefix.rstrip(":"))
    return re.sub(r"\{\w+\}", "某", text)


def test_chinese_texts_have_chinese_punctuation() -> None:
    texts = {code: as_read(table()[code]["zh"]) for code in CODES}
    found = {code: HALF_WIDTH.search(text) for code, text in texts.items()}
    assert {code: match for code, match in found.items() if match} == {}


def test_english_texts_have_english_punctuation() -> None:
    """Chinese words may stand in them, such as a header; but no sentence of theirs ends like a Chinese one."""
    assert [code for code in CODES if re.search("[，。；？！（）]", table()[code]["en"])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_have_no_stray_spaces(language: Language) -> None:
    texts = {code: table()[code][language] for code in CODES}
    assert [code for code, text in texts.items() if text != text.rstrip()] == []
    # Columns of a list are aligned, nothing else.
    assert [code for code, text in texts.items() if "  " in re.sub(r"\n *|  +[（(\w]", "", text)] == []


# --- messages -----------------------------------------------------------------------------------------------------


def test_a_message_says_itself_in_either_language_and_so_does_what_fills_its_blanks() -> None:
    message = say("note.changed", field=Name(PRICE), before=Shown(PRICE, 1990), after=Shown(PRICE, None))
    assert message.words("zh") == "价格：¥19.90 → —。"
    assert message.words("en") == "price: ¥19.90 → —."


def test_a_message_may_stand_inside_another() -> None:
    inner = say("status.active")
    assert say("note.at_cell", cell="E12", message=inner).words("zh") == "E12：有效"
    assert say("note.at_cell", cell="E12", message=inner).words("en") == "E12: active"


def test_what_fills_a_blank_is_never_taken_for_a_blank() -> None:
    assert "{after}" in say("note.changed", field="{after}", before="{}", after="%s").words("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_that_was_kept_says_the_same(language: Language) -> None:
    message = say("note.changed", field=Name(PRICE), before=Shown(PRICE, 1990), after=say("status.active"))
    kept = message.kept()
    assert (kept.code, kept.args) == (message.code, {})
    assert kept.words(language) == message.words(language)
    assert kept.kept() == kept


def test_a_code_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        Message("no.such_code").words("zh")


def test_messages_are_joined_by_their_separator() -> None:
    both = (say("status.active"), say("status.inactive"))
    assert Joined(both).words("en") == "active inactive"
    assert listed(both).words("zh") == "有效、失效"
    assert Joined(()).words("zh") == ""


def test_a_problem_is_told_with_its_cell_and_without_one_as_it_is() -> None:
    message = say("status.active")
    assert Problem("E2", message).told().words("en") == "E2: active"
    assert Problem(None, message).told() == message
    assert (Problem("E2", message).code, Problem("E2", message).level) == ("status.active", Level.ERROR)


def test_a_kept_problem_says_the_same_of_the_same_cell() -> None:
    problem = Problem("E2", say("note.published", id="7"), Level.NOTE)
    kept = problem.kept()
    assert (kept.cell, kept.level, kept.code) == ("E2", Level.NOTE, "note.published")
    assert kept.told().words("zh") == problem.told().words("zh")


def test_a_refusal_shows_its_code_and_never_what_filled_its_blanks() -> None:
    """Its text may end in a log."""
    refusal = Refusal(say("config.unreadable", file="f", reason="secret"))
    assert str(refusal) == "config.unreadable"
