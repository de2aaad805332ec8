"""The pages of the reference that are made from the program itself.

`make docs` writes them before it builds the site; git ignores them. Each page is made in
English (`NAME.md`) and in Chinese (`NAME.zh.md`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from docs.commands import commands_page
from docs.documents import documents_page
from docs.markdown import quoted, safe, table
from sync import messages
from sync.config import ENV_PREFIX, GUARDS, LISTING, NOTIFY, SECRETS, SETTINGS, Profile
from sync.config.values import Number, Reader
from sync.fields import FIELDS, SYSTEM_FIELDS, Field
from sync.limits import Limits, ListingLimits
from sync.messages import LANGUAGES, Language, say

FOLDER = Path(__file__).parent
IN_FILE_ONLY = ("categories", "columns", "guards", "limits", "listing", "publish", "rules", "notify", "freeze")
"""Settings that are lists or tables: no variable can hold one."""
_SUFFIX: Mapping[Language, str] = {"en": ".md", "zh": ".zh.md"}


def pages() -> dict[str, str]:
    """Return each page's text by its path below `docs/`."""
    return {
        f"reference/{name}{_SUFFIX[language]}": make(language)
        for name, make in _PAGES.items()
        for language in LANGUAGES
    }


# --- settings --------------------------------------------------------------------------------------------------
def _settings(language: Language) -> str:
    told = tomllib.loads((FOLDER / "settings.toml").read_text(encoding="utf-8"))
    page: str = told["page"][language]
    profile = [
        (quoted(name), _variable(name), _default(name), told["settings"][name][language] + _bounds(read))
        for name, read in SETTINGS.items()
    ]
    guards = [
        (quoted(name), _as_toml(value), told["guards"][name][language] + _bounds(GUARDS[name]))
        for name, value in {**Limits()._asdict(), "price_floor": "0"}.items()
    ]
    listing = [
        (quoted(name), _as_toml(value), told["listing"][name][language] + _bounds(LISTING[name]))
        for name, value in {**ListingLimits()._asdict(), "highest_price": "100000000.00"}.items()
    ]
    notify = [(quoted(name), "", told["notify"][name][language]) for name in NOTIFY]
    key, variable, default, meaning = told["header"][language]
    tables = {
        "{profile}": table((key, variable, default, meaning), profile),
        "{guards}": table((key, default, meaning), guards),
        "{listing}": table((key, default, meaning), listing),
        "{notify}": table((key, default, meaning), notify),
    }
    for blank, filled in tables.items():
        page = page.replace(blank, filled)
    return page


def _variable(name: str) -> str:
    return "" if name in IN_FILE_ONLY else quoted(ENV_PREFIX + name.upper())


def _default(name: str) -> str:
    return "" if name in (*IN_FILE_ONLY, *SECRETS) else _as_toml(getattr(Profile(), name))


def _as_toml(value: object) -> str:
    if value in (None, ""):
        return ""
    # TOML writes `true`, and text in quotation marks.
    return quoted(f'"{value}"' if isinstance(value, str) else str(value).lower())


def _bounds(read: Reader) -> str:
    """Return a setting's least and greatest value, where it has any."""
    if not isinstance(read, Number):
        return ""
    said = [
        f"≥ {read.least:g}" if read.least is not None else "",
        f"> {read.above:g}" if read.above is not None else "",
        f"≤ {read.most:,.10g}" if read.most is not None else "",
    ]
    shown = ", ".join(one for one in said if one)
    return f" `{shown}`" if shown else ""


# --- columns ---------------------------------------------------------------------------------------------------
_FAMILIES: Mapping[Language, Sequence[tuple[str, str, str, str]]] = {
    "en": (
        ("自定义:NAME", "custom:NAME", "`NAME`", "A field of your own, such as 自定义:品牌; as many as you like."
         " No `@` and no comma in the name."),
    ),
    "zh": (
        ("自定义:NAME", "custom:NAME", "`NAME`", "自己的字段，比如“自定义:品牌”，要几个有几个。"
         "名字里不能有 `@` 和逗号。"),
    ),
}  # fmt: skip
_CATEGORY: Mapping[Language, str] = {
    "en": "Instead of the two columns above: `丽人>美甲`.",
    "zh": "代替上面两列，写成 `丽人>美甲`。",
}
_SYSTEM: Mapping[Language, str] = {
    "en": "A field of the platform's that is seldom needed.",
    "zh": "平台的字段，一般用不到。",
}


def _columns(language: Language) -> str:
    title, lead, header = {
        "en": ("The sheet's columns", "How a sheet is read is told in [The sheet](sheet.md).",
               ("中文", "English", "path", "what it holds")),
        "zh": ("表头", "怎么填，见[填表](../how-to/sheet.md)。", ("表头", "英文表头", "字段", "怎么填")),
    }[language]  # fmt: skip
    rows = [(one.zh, one.en, quoted(one.path or ""), _column(one, language)) for one in FIELDS]
    system = [(one.zh, one.en, quoted(one.path or ""), _SYSTEM[language]) for one in SYSTEM_FIELDS]
    return f"# {title}\n\n{lead}\n\n" + table(header, [*rows, *_FAMILIES[language], *system])


def _column(field: Field, language: Language) -> str:
    code = "help." + field.en.replace(" ", "_")
    text = say(code).words(language) if code in messages.table() else _CATEGORY[language]
    return safe(text) + (" " + say("template.required").words(language) if field.required_to_publish else "")


# --- messages --------------------------------------------------------------------------------------------------
_KINDS_OF_TEXT = ("help.", "guide.", "example.", "template.", "demo.", "report.", "fault.")
"""Texts that are no messages: words of pages, templates and tables."""


def _messages(language: Language) -> str:
    title, lead = {
        "en": ("Messages", "Every sentence about a sheet, a row, a run or the settings, by its code: `code` in the"
               " JSON documents. What stands in braces is filled in."),
        "zh": ("提示一览", "关于表格、行、运行和配置的每一句话，按代码排列；JSON 里的 `code` 就是它。"
               "花括号里的会换成具体内容。"),
    }[language]  # fmt: skip
    parts = [f"# {title}\n\n{lead}\n"]
    for group, codes in _grouped(code for code in messages.table() if not code.startswith(_KINDS_OF_TEXT)):
        rows = [
            (quoted(code), safe(messages.table()[code]["zh"]), safe(messages.table()[code]["en"])) for code in codes
        ]
        parts.append(f"## {group}\n\n" + table(("code", "中文", "English"), rows))
    return "\n".join(parts)


def _grouped(codes: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for code in codes:
        groups.setdefault(code.partition(".")[0], []).append(code)
    yield from sorted(groups.items())


_PAGES: Mapping[str, Callable[[Language], str]] = {
    "commands": commands_page,
    "settings": _settings,
    "columns": _columns,
    "messages": _messages,
    "documents": documents_page,
}


def main() -> None:
    """Write every page to its place below `docs/`."""
    for path, text in pages().items():
        (FOLDER / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
