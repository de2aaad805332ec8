"""READMEs and docs say what is so: examples are real, tables are the program's own, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from docs import generate
from docs.commands import commands
from sync import __version__, config
from sync.call import Result
from sync.cli.app import APP
from sync.cli.exits import BUG, GATEWAY, GUARD, INTERRUPTED, UNFINISHED, WRONG
from sync.messages import Language, say
from sync.plan.guards import NAMES
from tests.readme import PAGES, ROOT, fresh

CLI = typer.main.get_command(APP)
assert isinstance(CLI, TyperGroup)
COMMANDS = commands()
FIRST_WORDS = {name.split()[0] for name in COMMANDS}
MADE = {f"docs/{name}": text for name, text in generate.pages().items()}
WRITTEN = {
    name: file.read_text(encoding="utf-8")
    for file in (*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md"))
    if (name := file.relative_to(ROOT).as_posix()) not in MADE
}
REFERENCE = r"docs/(?:explanation|how-to|reference|tutorial)/[\w-]+\.md(?:#[\w-]+)?"
TEXTS = {**WRITTEN, **MADE}
"""Every page, by its path from the project's root."""


@pytest.mark.parametrize("language", PAGES)
def test_every_example_is_what_the_tool_prints(language: Language) -> None:
    pages = fresh(language)
    for name, page in pages.items():
        assert page.text == TEXTS[name], f"{name}: run `python -m tests.readme`"
    pictures = {file: drawn for page in pages.values() for file, drawn in page.pictures.items()}
    assert pictures
    for picture, drawn in pictures.items():
        assert drawn == (ROOT / picture).read_text(encoding="utf-8"), "run `python -m tests.readme`"


def test_every_page_with_an_example_is_run() -> None:
    examples = {name for name, text in TEXTS.items() if re.search("<!-- (run|picture|sheet|python)", text)}
    assert examples == {name for names in PAGES.values() for name in names}


# --- what is typed ---------------------------------------------------------------------------------------------
def test_every_command_line_is_one_that_the_tool_takes() -> None:
    found = {(name, line) for name, text in WRITTEN.items() for line in _command_lines(text)}
    assert len(found) > 100
    for name, line in found:
        words = shlex.split(line, comments=True)
        place = next((number for number, word in enumerate(words) if word in FIRST_WORDS), len(words))
        if place == len(words):
            assert words[0].startswith("-"), (name, line)
            continue
        _root().make_context("itemsync", words[: place + 1])
        command, rest = _command(words[place:])
        # A command that a sentence merely names comes without what it works on.
        COMMANDS[command].make_context(command, rest, resilient_parsing=not rest)


def _command(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the command that is typed, and what follows; the page is meant where only `web` is."""
    typed = next((length for length in (2, 1) if " ".join(words[:length]) in COMMANDS), 0)
    return (" ".join(words[:typed]), words[typed:]) if typed else (f"{words[0]} serve", words[1:])


def _command_lines(text: str) -> Iterator[str]:
    lines = re.findall(r"(?:^\$ |^|Scripts\\|bin/|`)itemsync ((?:-|[a-z])[^`\n]*)", text, re.M)
    yield from (line.partition(" >>")[0] for line in lines if not line.rstrip().endswith("--help"))


def _root() -> TyperGroup:
    assert isinstance(CLI, TyperGroup)
    return CLI


def test_every_option_that_is_named_exists() -> None:
    named = {option for text in WRITTEN.values() for option in re.findall(r"(?<![\w<-])--[a-z][a-z-]+", text)}
    assert named <= {"--help", *_options(CLI), *(o for command in COMMANDS.values() for o in _options(command))}


def test_every_command_and_option_is_in_the_reference() -> None:
    for name in ("docs/reference/commands.md", "docs/reference/commands.zh.md"):
        for command, parts in zip(COMMANDS, re.split("^## .+\n", MADE[name], flags=re.M)[2:], strict=True):
            assert {*re.findall(r"`(--[a-z-]+)`", parts)} >= _options(COMMANDS[command]), command


def _options(command: object) -> set[str]:
    """A command's options, each by its long name."""
    assert hasattr(command, "params")
    return {param.opts[-1] for param in command.params if param.opts[-1].startswith("--")}


# --- tables ----------------------------------------------------------------------------------------------------
def _table(name: str, header: str) -> list[list[str]]:
    """The rows of the table whose first column is called `header`, cell by cell."""
    lines = TEXTS[f"docs/{name}"].partition(f"\n| {header} |")[2].splitlines()[2:]
    rows = [line for line in lines[: lines.index("")] if line]
    assert rows, f"{name} has no table {header}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _first(name: str, header: str) -> list[str]:
    return [row[0].strip("`") for row in _table(name, header)]


@pytest.mark.parametrize(("name", "header"), [("guards.md", "guard"), ("guards.zh.md", "名字")])
def test_the_guards_are_all_there(name: str, header: str) -> None:
    assert _first(f"reference/{name}", header) == [*NAMES]


def test_the_results_are_all_there() -> None:
    words = {(result.words("en"), result.words("zh")) for result in Result}
    assert {(row[0], row[1]) for row in _table("tutorial/week.md", "result")} == words
    assert {*_first("tutorial/week.zh.md", "同步结果")} == {zh for _, zh in words}


@pytest.mark.parametrize(("name", "header", "language"), [("week.md", "word", "en"), ("week.zh.md", "原因", "zh")])
def test_the_reasons_are_worded_as_in_the_preview(name: str, header: str, language: Language) -> None:
    verdicts = ("verdict.edit", "verdict.drift", "verdict.conflict", "verdict.stale")
    codes = (*verdicts, "report.why.publish", "report.why.first")
    assert _first(f"tutorial/{name}", header) == [say(code).words(language) for code in codes]


@pytest.mark.parametrize(("name", "header"), [("exit-codes.md", "exit code"), ("exit-codes.zh.md", "退出码")])
def test_the_exit_codes_are_all_there(name: str, header: str) -> None:
    assert _first(f"reference/{name}", header) == [str(code) for code in (0, 1, WRONG, GUARD, GATEWAY, UNFINISHED)]
    assert all(str(code) in TEXTS[f"docs/reference/{name}"] for code in (BUG, INTERRUPTED))


def test_every_setting_is_described_and_no_other() -> None:
    told = tomllib.loads((ROOT / "docs" / "settings.toml").read_text(encoding="utf-8"))
    assert [*told["settings"]] == [*config.SETTINGS]
    assert [*told["guards"]] == [*config.GUARDS]


# --- the rest --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "```toml\n" in text])
def test_the_sample_settings_can_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in config.SETTINGS:
        monkeypatch.delenv(config.ENV_PREFIX + field.upper(), raising=False)
    file = tmp_path / config.FILE_NAME
    file.write_text(TEXTS[name].partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    file.chmod(0o600)
    ((profile, said),) = tomllib.loads(file.read_text(encoding="utf-8"))["profiles"].items()
    loaded = config.load(profile, file)
    if "gateway" in said:
        loaded.require_gateway()


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        file, _, heading = link.partition("#")
        path = (ROOT / name).parent.joinpath(file).resolve() if file else ROOT / name
        target = path.relative_to(ROOT).as_posix()
        assert target in TEXTS or path.exists(), link
        assert not heading or heading in _anchors(target), link


@cache
def _anchors(name: str) -> frozenset[str]:
    """The headings of a page as links spell them."""
    headings = re.findall(r"^#+ (.+)$", TEXTS[name], re.M)
    named = {found[1] for heading in headings if (found := re.search(r"\{ #(\S+) \}$", heading))}
    return frozenset(named | {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings})


def test_every_page_that_the_code_refers_to_is_there() -> None:
    """A reference is a page's path from the project's root, with or without a heading."""
    files = [*ROOT.glob("*.toml"), *(file for room in ("sync", "tests") for file in (ROOT / room).rglob("*.py"))]
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    found = {(reference, file) for file, text in texts.items() for reference in re.findall(REFERENCE, text)}
    assert len(found) > 100
    for reference, file in found:
        page, _, heading = reference.partition("#")
        assert page in TEXTS, (reference, file)
        assert not heading or heading in _anchors(page), (reference, file)
    del texts[Path(__file__)]
    outside = re.compile(r"DESIGN\b|TOP-PROTOCOL|\bseed 00")
    assert [name for name, text in (*texts.items(), *TEXTS.items()) if outside.search(text)] == []


def test_the_navigation_leads_to_every_page_once() -> None:
    listed = re.findall(r"^ +- (?:.+: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M)
    pages = [name.removeprefix("docs/") for name in TEXTS if name.startswith("docs/") and not name.endswith(".zh.md")]
    assert sorted(listed) == sorted(pages)


def test_what_staff_read_is_in_chinese_too() -> None:
    for folder in ("tutorial", "how-to"):
        pages = {name for name in WRITTEN if name.startswith(f"docs/{folder}/") and not name.endswith(".zh.md")}
        assert pages
        assert {name.replace(".md", ".zh.md") for name in pages} <= {*WRITTEN}


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\]", changelog, re.M)[0] == __version__
