"""Whoever reads Chinese is told everything in Chinese: help, and what is wrong with a command or a setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from sync.cli import run
from sync.cli.app import APP
from sync.cli.desk import Desk
from sync.cli.helping import Group, OneCommand, code_of
from sync.messages import LANGUAGES, Language, table
from tests.cli.conftest import Command

LATIN_SENTENCE = re.compile(r"[A-Za-z]['’a-z]*[a-z](?: +[A-Za-z]['’a-z]*){2,}")
"""Three words and more: what is typed, names of files and codes have fewer side by side."""


@cache
def root() -> Any:
    return typer.main.get_command(APP)


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its path, the root first."""
    command = command or root()
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*path, name))


PATHS = [path for path, _ in commands()]


def latin(text: str) -> list[str]:
    """Find what is no Chinese, beyond what is typed."""
    typed = re.sub(r"\S*[-_=./|@][A-Za-z]\S*|\bitemsync [a-z]+( [a-z]+)?", "·", text)
    return LATIN_SENTENCE.findall(typed)


def test_the_search_for_latin_sentences_finds_them() -> None:
    assert latin("选项：Show this message and exit.")
    assert latin("Invalid value for '--port'")
    assert not latin("命令写得不对（--lang 只能写 zh / en）。用法请看 itemsync profile list --help。")


# --- help ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_text_of_help_is_in_the_table(path: tuple[str, ...]) -> None:
    """A new option's `help=` is a code such as `help.only`, its text in both languages in `messages.toml`."""
    command = dict(commands())[path]
    assert isinstance(command, OneCommand | Group)
    assert command.help == ".".join(("help.command", *path))
    assert command.help in table()
    context = command.make_context(" ".join(path), [], resilient_parsing=True, obj=Desk())
    for param in command.get_params(context):
        assert code_of(param) in table(), f"{param.name} of {' '.join(path)} has no text of help in messages.toml"


def test_every_command_text_belongs_to_a_command() -> None:
    told = {code for code in table() if code == "help.command" or code.startswith("help.command.")}
    assert told == {".".join(("help.command", *path)) for path in PATHS}


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
@pytest.mark.parametrize("width", [200, 60])
def test_help_is_in_the_language_that_is_asked_for(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    chinese, english = (itemsync("--lang", language, *path, "--help").out for language in LANGUAGES)
    code = ".".join(("help.command", *path))
    assert latin(chinese) == []
    assert chinese.startswith("用法：itemsync")
    assert english.startswith("Usage: itemsync")
    if width == 200:
        for language, page in (("zh", chinese), ("en", english)):
            first = table()[code][language].split("\n")[0]  # type: ignore[index]
            assert "".join(first.split()) in "".join(page.split())


@pytest.mark.parametrize(
    "variables",
    [{"ITEMSYNC_LANG": "zh"}, {"LANG": "zh_CN.UTF-8"}, {"LC_ALL": "zh_TW", "LANG": "en_US"}],
    ids=" ".join,
)
def test_the_system_says_which_language_help_speaks(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name in ("ITEMSYNC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert itemsync("apply", "-h").out.startswith("用法：")
    assert itemsync("apply", "--nonsense").err.startswith("命令写得不对")


def test_help_is_there_even_with_wrong_settings(itemsync: Command, folder: Path) -> None:
    Path("wrong.toml").write_text("nonsense = ", encoding="utf-8")
    ran = itemsync("--lang", "zh", "--config", "wrong.toml", "apply", "--help")
    assert (ran.code, ran.err) == (0, "")


# --- usage errors -------------------------------------------------------------------------------------------------

WRONG = [
    (["plan"], "SHEET"), (["show"], "RUN"), (["plan", "x", "--onli=3"], "--only"), (["plan", "x", "-z"], "-z"),
    (["plam", "x"], "plan"), (["nonsense"], "nonsense"), (["profile"], "命令"), (["profile", "lost"], "list"),
    (["plan", "x", "y", "z"], "y z"), (["plan", "x", "--only"], "--only"), (["plan", "x", "--rekey=3"], "--rekey"),
    (["sandbox", "--port", "99999"], "65535"), (["sandbox", "--port", "x"], "整数"), (["undo", "x"], "整数"),
    (["sandbox", "--calls-per-day", "0"], "最少是 1"), (["plan", "x", "--refresh", "some"], "all / changed"),
    (["--lang", "fr", "plan", "x"], "zh / en"), (["plan", "x", "--lang", "en"], "前面"), (["undo", "1.5"], "整数"),
    (["apply", "x", "--force", "fear"], "takedown"), (["pull"], "OUT.xlsx"),
    (["resume", "--answer", "A"], "happened"),
    (["watch", "x", "--every", "often"], "30s"), (["sandbox", "--faults", "sun=1"], "drop-after"),
    (["sandbox", "--faults", "seed=x"], "seed"), (["sandbox", "--faults", "drop-after@0"], "1"),
    (["sandbox", "--faults", "drop-after=7"], "概率"), (["sandbox", "--faults", "drop-after@nowhere:1"], "publish"),
    (["sandbox", "--faults", "?"], "drop-after"), (["sandbox", "--faults", "seed=0.5"], "整数"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "names"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_command_is_told_in_chinese(itemsync: Command, folder: Path, args: list[str], names: str) -> None:
    (folder / "x").touch()
    ran = itemsync(*args)
    assert (ran.code, ran.out) == (2, "")
    assert names in ran.err
    assert latin(ran.err) == []
    assert "看不懂：" not in ran.err, "a kind of mistake that has no words of its own"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_command_is_told_as_json_too(itemsync: Command, language: Language) -> None:
    ran = itemsync("--lang", language, "plan", "--json")
    assert (ran.code, ran.error) == (2, "cli.usage")
    assert ("缺了" in ran.json["error"]["message"]) is (language == "zh")


# --- completion ---------------------------------------------------------------------------------------------------


def completed(words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("_ITEMSYNC_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", words)
    capsys.readouterr()
    assert run([]) == 0
    return capsys.readouterr().out


def test_a_shell_completes_commands_and_options_with_their_texts(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    assert table()["help.command.plan"]["zh"] in completed("itemsync pl", capsys, monkeypatch)
    assert table()["help.rekey"]["zh"] in completed("itemsync apply x --rek", capsys, monkeypatch)
    assert table()["help.help"]["zh"] in completed("itemsync apply x --he", capsys, monkeypatch)
