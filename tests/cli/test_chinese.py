"""Whoever reads Chinese is told everything in Chinese: help, and what is wrong with a command or a setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from sync.call import CallRecord, Outcome
from sync.cli import run
from sync.cli.app import APP
from sync.cli.app_context import AppContext
from sync.cli.help_texts import code_of
from sync.cli.helping import Group, OneCommand
from sync.messages import LANGUAGES, Language, table
from tests.cli.conftest import Command
from tests.cli.small_shop import type_in

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


def capitals(text: str) -> set[str]:
    """Find words in capitals, of which a line of help has SHEET and its like, where no variable is named."""
    return set(re.findall(r"(?<![\w/-])[A-Z]{1,12}(?![\w-])", re.sub(r"ITEMSYNC_\w+|Ctrl-C", "", text)))


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
    context = command.make_context(" ".join(path), [], resilient_parsing=True, obj=AppContext())
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
    assert capitals(chinese) <= {"JSON", "URL", "ID", "GMT", "TLS", "PEM"}
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
    (["plan"], "缺了 表格"), (["show"], "缺了 运行编号"), (["apply"], "表格|计划.json"), (["item"], "编码"),
    (["plan", "x", "--onli=3"], "--only"), (["plan", "x", "-z"], "-z"),
    (["plam", "x"], "plan"), (["nonsense"], "nonsense"), (["profile"], "命令"), (["profile", "lost"], "list"),
    (["plan", "x", "y", "z"], "y z"), (["plan", "x", "--only"], "--only"), (["plan", "x", "--rekey=3"], "--rekey"),
    (["sandbox", "--port", "99999"], "65535"), (["sandbox", "--port", "x"], "整数"), (["undo", "x"], "整数"),
    (["sandbox", "--calls-per-day", "0"], "最少是 1"), (["plan", "x", "--refresh", "some"], "all / changed"),
    (["--lang", "fr", "plan", "x"], "zh / en"), (["plan", "x", "--lang", "en"], "前面"), (["undo", "1.5"], "整数"),
    (["apply", "x", "--force", "fear"], "takedown"), (["pull"], "新文件.xlsx"),
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


# --- settings -----------------------------------------------------------------------------------------------------

SETTINGS = [
    "connections = 'many'", "connections = 1.5", "connections = 0", "batch = 21", "timeout = 0", "timeout = 'long'",
    "calls_per_second = inf", "keyring = 'yes'", "gateway = 7", "lang = 'fr'", "channel = 'closed'",
    "sign_method = ''",
    "categories = 3", "categories = [['one']]", "guards = 4", "guards.share = 30", "guards.price_floor = 'cheap'",
    "limits = {'open.item' = {}}", "limits = {'taobao.x' = {calls_per_day = 0}}", "limits = {'taobao.x' = 3}",
    "publish = 1", "publish = {'_sys@price' = 1}", "publish = {'品牌' = 5}", "publish = {'_sys@domainId' = true}",
    "columns = 1", "columns = {'我的' = 'nothing'}", "columns = {'我的' = 'custom:a@b'}", "columns = {'' = 'price'}",
    "columns = {'标题' = 'price'}", "timezone = 'Mars'", "nonsense = 1", "conections = 1", "guards.shares = 1",
    "rules = 1", "rules = [1]", "rules = [{}]", "rules = [{kind='weekly'}]", "rules = [{kind='daily'}]",
    "rules = [{kind='daily', on='8 Uhr'}]", "rules = [{kind='daily', on='08:00', codes=[]}]",
    "rules = [{kind='daily', on='08:00', codes=[' A']}]", "rules = [{kind='daily', on='08:00', codes=[1]}]",
    "rules = [{kind='daily', on='08:00', codes=['A'], category='丽人'}]",
    "rules = [{kind='daily', on='08:00+01:00'}]",
    "rules = [{kind='campaign', start='2026-11-02', end='2026-11-01'}]", "rules = [{kind='campaign', start='x'}]",
    "rules = [{kind='price'}]", "rules = [{kind='price', lowest='x'}]", "rules = [{kind='stock', off_at=3, on_at=1}]",
    "rules = [{kind='stock', off_at=-1, on_at=1}]", "app_key = [1]", "app_key = ", "app_key = '1", "[a", "x",
]  # fmt: skip


def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION", "STATE"):
        monkeypatch.delenv(f"ITEMSYNC_{name}", raising=False)


@pytest.mark.parametrize("said", SETTINGS)
def test_a_wrong_setting_is_told_in_chinese(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, folder: Path, said: str
) -> None:
    no_variables(monkeypatch)
    (folder / "itemsync.toml").write_text(f"[profiles.default]\n{said}\n", encoding="utf-8")
    ran = itemsync("history")
    assert (ran.code, ran.out) == (2, "")
    assert latin(ran.err) == []
    assert "itemsync.toml" in ran.err


@pytest.mark.parametrize(
    ("data", "words"),
    [("[profiles.default]\nlang = 'zh' # 配置\n".encode("gbk"), "UTF-8"), (b"\xff\xfe[\0", "UTF-8"), (b"x = 1", "x")],
    ids=["GBK", "UTF-16", "no profile"],
)
def test_a_settings_file_that_cannot_be_read_is_told_in_chinese(
    itemsync: Command, folder: Path, data: bytes, words: str
) -> None:
    (folder / "itemsync.toml").write_bytes(data)
    ran = itemsync("history")
    assert ran.code == 2
    assert words in ran.err
    assert latin(ran.err) == []


@pytest.mark.parametrize(
    ("name", "value"), [("CONNECTIONS", "many"), ("LANG", "fr"), ("BATHC", "1"), ("KEYRING", "si")]
)
def test_a_wrong_variable_is_told_in_chinese(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    ran = itemsync("--lang", "zh", "history")
    assert (ran.code, latin(ran.err)) == (2, [])


def test_a_run_has_one_name() -> None:
    """What `apply` does to a row is 执行; the thing with a number that `history` lists is 运行."""
    texts = {code: one["zh"] for code, one in table().items()}
    assert {code for code, text in texts.items() if re.search("[一每这]次执行|的执行|执行的编号", text)} == set()


def test_every_reason_of_our_own_has_its_words() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in Path("sync/config").resolve().glob("*.py"))
    said = set(re.findall(r'\bbad\("([a-z_]+)"', sources))
    assert len(said) > 15
    assert {name for name in said if f"config.reason.{name}" not in table()} == set()


def test_what_a_profile_says_is_told_in_chinese_and_its_json_is_as_ever(itemsync: Command, folder: Path) -> None:
    told = itemsync("profile", "show").out
    assert latin(told) == []
    assert "已设置" in told
    assert "默认" in told
    listed = {one["key"]: one["value"] for one in itemsync("profile", "show", "--json").json["settings"]}
    assert (listed["app_secret"], listed["keyring"], listed["profile"]) == ("set", False, "default")


# --- what was written down ----------------------------------------------------------------------------------------


def test_what_stopped_a_call_is_told_in_the_readers_language_afterwards(
    itemsync: Command, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was made in English, with a quota for three readings and one of its two calls."""
    type_in(synced, "A-1", "价格", 25)
    type_in(synced, "A-2", "价格", 26)
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_DAY", "4")
    assert itemsync("--lang", "en", "apply", synced, "--yes").code in {4, 5}
    ran = itemsync("show", "2", "--json")
    told = [call["error"] for row in ran.json["rows"] for call in row["calls"] if call["error"]]
    assert told
    assert [latin(error) for error in told] == [[] for _ in told]
    assert latin(itemsync("show", "2").out) == []


def test_what_an_earlier_version_wrote_down_is_shown_as_it_stands() -> None:
    assert CallRecord("m", {}, Outcome.FAILED, error="15 no such item").told("zh") == "15 no such item"
