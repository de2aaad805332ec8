"""The READMEs say what is so: their examples are real, and their tables are the program's own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from sync import __version__, config
from sync.call import Result
from sync.cli.app import APP
from sync.cli.exits import GATEWAY, GUARD, UNFINISHED, WRONG
from sync.fields import FIELDS, SYSTEM_FIELDS
from sync.messages import say
from sync.plan.guards import NAMES
from tests.readme import PAGES, ROOT, fresh

CLI = typer.main.get_command(APP)
assert isinstance(CLI, TyperGroup)
FIRST_WORDS = {*CLI.commands}
GROUPS = {name: group for name, group in CLI.commands.items() if isinstance(group, TyperGroup)}
COMMANDS = {name: command for name, command in CLI.commands.items() if name not in GROUPS} | {
    f"{group} {name}": command for group, inside in GROUPS.items() for name, command in inside.commands.items()
}
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}

on_each_page = pytest.mark.parametrize("name", PAGES)


@on_each_page
def test_every_example_is_what_the_tool_prints(name: str) -> None:
    page = fresh(name)
    assert page.text == TEXTS[name], "run `python -m tests.readme`"
    assert page.pictures
    for picture, drawn in page.pictures.items():
        assert drawn == (ROOT / picture).read_text(encoding="utf-8"), "run `python -m tests.readme`"


# --- what is typed ---------------------------------------------------------------------------------------------
@on_each_page
def test_every_command_line_is_one_that_the_tool_takes(name: str) -> None:
    lines = re.findall(r"(?:^\$ |^|Scripts\\|`)itemsync ([a-z-][^`\n]*)", TEXTS[name], re.M)
    assert len(lines) > 12
    for words in (shlex.split(line, comments=True) for line in lines if not line.endswith("--help")):
        place = next(number for number, word in enumerate(words) if word in FIRST_WORDS)
        CLI.make_context("itemsync", words[: place + 1])
        length = 2 if words[place] in GROUPS else 1
        command, rest = " ".join(words[place : place + length]), words[place + length :]
        # A command that a sentence merely names comes without what it works on.
        COMMANDS[command].make_context(command, rest, resilient_parsing=not rest)


@on_each_page
def test_every_option_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"(?<![\w<-])--[a-z][a-z-]+", TEXTS[name]))
    assert named <= {"--help", *_options(CLI), *(o for command in COMMANDS.values() for o in _options(command))}


def test_every_command_and_option_is_in_the_table() -> None:
    told = {_command(row): {*re.findall(r"--[a-z-]+", row[1])} for row in _table("README.md", "command")}
    assert told == {name: _options(command) for name, command in COMMANDS.items()}


def test_every_command_is_in_the_chinese_table() -> None:
    assert {_command(row) for row in _table("README.zh-CN.md", "命令")} == {*COMMANDS}


def test_the_options_before_the_command_are_told() -> None:
    told = TEXTS["README.md"].partition("Before the command:")[2].partition(". ")[0]
    assert set(re.findall(r"--[a-z-]+", told)) == _options(CLI)


def _options(command: object) -> set[str]:
    """A command's options, each by its long name."""
    assert hasattr(command, "params")
    return {param.opts[-1] for param in command.params if param.opts[-1].startswith("--")}


def _command(row: Sequence[str]) -> str:
    words = row[0].strip("`").split()
    return " ".join(words[: 2 if words[0] in GROUPS else 1])


# --- tables ----------------------------------------------------------------------------------------------------
def _table(name: str, header: str) -> list[list[str]]:
    """The rows of the table whose first column is called `header`, cell by cell."""
    lines = TEXTS[name].partition(f"\n| {header} |")[2].splitlines()[2:]
    rows = [line for line in lines[: lines.index("")] if line]
    assert rows, f"{name} has no table {header}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _first(name: str, header: str) -> list[str]:
    return [row[0].strip("`") for row in _table(name, header)]


@pytest.mark.parametrize(("name", "header"), [("README.md", "中文"), ("README.zh-CN.md", "表头")], ids=PAGES)
def test_the_columns_are_those_of_the_field_table(name: str, header: str) -> None:
    families = [("自定义:NAME", "custom:NAME"), ("系统:NAME", "sys:NAME")]
    rows = _table(name, header)
    assert [(row[0], row[1]) for row in rows] == [*((field.zh, field.en) for field in FIELDS), *families]


def test_the_system_fields_are_those_of_the_field_table() -> None:
    told = re.findall(r"`(\w+)`", _table("README.md", "中文")[-1][2])
    assert told == [field.en.removeprefix("sys:") for field in SYSTEM_FIELDS]


@pytest.mark.parametrize(("name", "header"), [("README.md", "guard"), ("README.zh-CN.md", "名字")], ids=PAGES)
def test_the_guards_are_all_there(name: str, header: str) -> None:
    assert _first(name, header) == [*NAMES]


def test_the_results_are_all_there() -> None:
    words = {(result.words("en"), result.words("zh")) for result in Result}
    assert {(row[0], row[1]) for row in _table("README.md", "result")} == words
    assert {*_first("README.zh-CN.md", "同步结果")} == {zh for _, zh in words}


@pytest.mark.parametrize(("name", "header"), [("README.md", "word"), ("README.zh-CN.md", "原因")], ids=PAGES)
def test_the_reasons_are_worded_as_in_the_preview(name: str, header: str) -> None:
    verdicts = ("verdict.edit", "verdict.drift", "verdict.conflict", "verdict.stale")
    codes = (*verdicts, "report.why.publish", "report.why.first")
    assert _first(name, header) == [say(code).words(PAGES[name]) for code in codes]


def test_the_exit_codes_are_all_there() -> None:
    assert _first("README.md", "exit code") == [
        "0",
        "1",
        *(str(code) for code in (WRONG, GUARD, GATEWAY, UNFINISHED)),
    ]


def test_the_settings_are_the_profiles() -> None:
    fields = ["profile", *config.Settings.model_fields]
    rows = _table("README.md", "key")
    # Lists and tables are for the file.
    in_file = ("categories", "columns", "guards", "limits", "publish", "rules")
    variables = ["" if name in in_file else config.ENV_PREFIX + name.upper() for name in fields]
    assert [row[1].strip("`") for row in rows] == variables
    assert _first("README.md", "key")[1:] == fields[1:]
    empty = config.Profile.model_construct().model_dump(exclude={"app_secret", "session", *in_file})
    assert {key: row[2] for key, row in zip(fields, rows, strict=True) if row[2]} == _shown(empty)


def test_the_numbers_of_the_guards_are_the_profiles() -> None:
    told = {row[0].strip("`"): row[1] for row in _table("README.md", "key of `guards`")}
    assert told == _shown(config.Guards().model_dump(), quote='"')


def _shown(values: Mapping[str, object], quote: str = "") -> Mapping[str, str]:
    """Each value that isn't empty, as a page writes it."""
    return {
        key: f"`{quote}{value}{quote}`" if isinstance(value, str) else f"`{value}`"
        for key, value in values.items()
        if value not in (None, "", ())
    }


# --- the rest --------------------------------------------------------------------------------------------------
@on_each_page
def test_the_sample_settings_can_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in config.Profile.model_fields:
        monkeypatch.delenv(config.ENV_PREFIX + field.upper(), raising=False)
    file = tmp_path / config.FILE_NAME
    file.write_text(TEXTS[name].partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    config.load("default", file).require_gateway()


@on_each_page
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXTS[name])
    assert {*PAGES, "CHANGELOG.md"} - {name} <= {link.partition("#")[0] for link in links}
    for link in links:
        file, _, heading = link.partition("#")
        assert (ROOT / file).exists(), link
        assert not heading or heading in _anchors(TEXTS[file or name]), link


def _anchors(text: str) -> set[str]:
    """The headings of a page as links spell them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\]", changelog, re.M)[0] == __version__
