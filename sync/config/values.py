"""How the value of one setting is read, and why one is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sync.messages import Message, say

Reader = Callable[[Any], Any]
"""Returns a value of TOML as the program wants it; raises BadValue."""


class BadValue(Exception):
    """A value that can't be used, or a key that there isn't. It never holds the value, which may be a secret."""

    def __init__(self, reason: Message | None, known: Collection[str] = ()) -> None:
        """`reason`: why; None: the table has no such key, but those that are `known`."""
        super().__init__(reason.code if reason else "unknown key")
        self.reason, self.known = reason, known
        self.keys: tuple[str, ...] = ()
        """Where inside the setting, such as `("0", "on")`; empty: the whole of it."""


def bad(name: str, **args: object) -> BadValue:
    """Make the error whose words are `config.reason.NAME`."""
    return BadValue(say(f"config.reason.{name}", **args))


@contextmanager
def inside(key: object) -> Iterator[None]:
    """Tell of an error that what is wrong stands under `key`."""
    try:
        yield
    except BadValue as error:
        error.keys = (str(key), *error.keys)
        raise


class Number:
    """Reads a number: at least `least`, more than `above`, at most `most`."""

    def __init__(
        self,
        least: float | None = None,
        most: float | None = None,
        *,
        above: float | None = None,
        whole: bool = False,
    ) -> None:
        self.least, self.most, self.above, self.whole = least, most, above, whole

    def __call__(self, value: object) -> float:
        """Return `value` if it is a number within the bounds; raises BadValue if not."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            raise bad("whole_number" if self.whole else "number")
        # Asked so that `nan` is within no bounds.
        if self.least is not None and not value >= self.least:
            raise bad("at_least", bound=self.least)
        if self.above is not None and not value > self.above:
            raise bad("above", bound=self.above)
        if self.most is not None and not value <= self.most:
            raise bad("at_most", bound=self.most)
        return value if self.whole else float(value)


def text(value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise bad("text")
    return value


def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise bad("true_or_false")
    return value


def table(value: object) -> Mapping[str, Any]:
    """Read a table, whatever stands in it."""
    if not isinstance(value, Mapping):
        raise bad("table")
    return value


def one_of(words: Collection[str]) -> Reader:
    """Return the reader of a choice among `words`."""

    def read(value: object) -> object:
        if value not in tuple(words):
            raise bad("one_of", words=", ".join(words))
        return value

    return read


def list_of(part: Reader, length: int | None = None) -> Reader:
    """Return the reader of a list of parts, of exactly `length` where that is given."""

    def read(value: object) -> Sequence[Any]:
        if not isinstance(value, list):
            raise bad("list")
        if length not in (None, len(value)):
            raise bad("length")
        return tuple(_under(str(place), part, one) for place, one in enumerate(value))

    return read


def table_of(parts: Mapping[str, Reader]) -> Reader:
    """Return the reader of a table whose keys are those of `parts`."""

    def read(value: object) -> Mapping[str, Any]:
        return {key: _under(key, parts.get(key) or _unknown(parts), one) for key, one in table(value).items()}

    return read


def _under(key: str, read: Reader, value: object) -> Any:
    with inside(key):
        return read(value)


def _unknown(known: Collection[str]) -> Reader:
    def read(_: object) -> object:
        raise BadValue(None, known)

    return read


_SPELT = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}


def spelt(read: Reader, said: str) -> object:
    """Return what the text of a variable means where `read` wants a number, or true or false; else the text."""
    if read is flag:
        return _SPELT.get(said.strip().lower(), said)
    if isinstance(read, Number):
        try:
            return int(said) if read.whole else float(said)
        except ValueError:
            pass
    return said
