"""Every text that staff read: one table, `messages.toml`, keyed by code, Chinese and English side by side.

The program passes `Message`s around, never sentences: which language a person reads is known only at the edge.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, cast

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Worded(Protocol):
    """Anything that can say itself in a language, and so can stand inside a message."""

    def words(self, language: Language) -> str:
        """Say it in `language`."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the table, by its code, with what fills its blanks."""

    code: str
    args: Mapping[str, object] = field(default_factory=dict)
    said: Mapping[Language, str] | None = None
    """The finished sentence in both languages, of a message that was kept in state."""

    def words(self, language: Language) -> str:
        """Return the sentence in `language`; raises KeyError for a code that isn't in the table."""
        if self.said is not None:
            return self.said[language]
        blanks = {name: _filled(value, language) for name, value in self.args.items()}
        return table()[self.code][language].format(**blanks)

    def kept(self) -> Message:
        """Return the message as state can keep it: what filled its blanks is words by now, in both languages."""
        return Message(self.code, said={"zh": self.words("zh"), "en": self.words("en")})


def _filled(value: object, language: Language) -> object:
    # As `isinstance(value, Worded)`, which takes longer than all the rest: a run says tens of thousands of words.
    words = getattr(value, "words", None)
    if callable(words):
        return words(language)
    # What a stranger wrote stays within the line: it must not look like a sentence of our own.
    return " ".join(value.splitlines()) if isinstance(value, str) and not value.isprintable() else value


def say(code: str, /, **args: object) -> Message:
    """Make a message; each of `args` fills the blank of its name, a `Worded` one in the reader's language."""
    return Message(code, args)


class Joined(NamedTuple):
    """Several texts as one, joined as the reader's language does it."""

    parts: tuple[Worded | str, ...]
    zh: str = " "
    en: str = " "

    def words(self, language: Language) -> str:
        """Say them one after another in `language`."""
        texts = (part if isinstance(part, str) else part.words(language) for part in self.parts)
        return (self.zh if language == "zh" else self.en).join(texts)


def listed(parts: Iterable[Worded | str]) -> Joined:
    """Join names: `A2、A3`, or `A2, A3`."""
    return Joined(tuple(parts), "、", ", ")


def clauses(parts: Iterable[Worded | str]) -> Joined:
    """Join parts of one sentence."""
    return Joined(tuple(parts), "；", "; ")


def sentences(parts: Iterable[Worded | str]) -> Joined:
    """Join whole sentences. Chinese ones end with a sign that has its own space."""
    return Joined(tuple(parts), "", " ")


class Level(StrEnum):
    """How much a problem matters: an error makes its row invalid, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know about one cell of the sheet, such as `E12`; None: about the whole row."""

    cell: str | None
    message: Message
    level: Level = Level.ERROR

    @property
    def code(self) -> str:
        """The message's code, such as `price.decimals`."""
        return self.message.code

    def told(self) -> Message:
        """Return the message with the cell before it."""
        return say("note.at_cell", cell=self.cell, message=self.message) if self.cell else self.message

    def kept(self) -> Problem:
        """Return the problem as state can keep it."""
        return replace(self, message=self.message.kept())


class _Table(Mapping[str, Mapping[Language, str]]):
    """The table, of which a text is read when it is asked for: a command says a dozen of a thousand."""

    def __init__(self, source: bytes) -> None:
        sections = (section.partition(b'"]\n') for section in source.replace(b"\r\n", b"\n").split(b'\n["')[1:])
        self._sections = {code: text for code, _, text in sections}
        self._texts: dict[str, Mapping[Language, str]] = {}

    def __getitem__(self, code: str) -> Mapping[Language, str]:
        if code not in self._texts:
            section = self._sections[code.encode()].decode()
            self._texts[code] = {language: _text(section, language) for language in LANGUAGES}
        return self._texts[code]

    def __iter__(self) -> Iterator[str]:
        return map(bytes.decode, self._sections)

    def __len__(self) -> int:
        return len(self._sections)


def _text(section: str, language: Language) -> str:
    """Return a section's text: each is one line of TOML, which JSON writes alike, and its reader is there anyway."""
    line = next(line for line in section.split("\n") if line.startswith(f"{language} = "))
    return cast(str, json.loads(line.partition(" = ")[2]))


@cache
def table() -> Mapping[str, Mapping[Language, str]]:
    """Return the whole table, code → language → text with `{blanks}`."""
    return _Table(Path(__file__).with_suffix(".toml").read_bytes())
