"""What should go wrong, and when, in one line of text: the SPEC of `--faults` and of `Faults`.

Entries are joined by commas, as in `drop-after=0.03,http-502=0.03,sales=0.05,seed=7` or `drop-late@publish:2,late=5`:

| | |
|---|---|
| `WORD=P` | at each call, with the probability P (0 to 1) |
| `WORD@METHOD=P` | the same at the calls of one method: `publish`, `get`, `item.update.listing`, … |
| `WORD@N` | at the Nth call, counted from 1 |
| `WORD@METHOD:N` | at the Nth call of one method |
| `seed=N` | what the dice are thrown with: the same seed, the same faults at the same calls (0) |
| `delay=S` | seconds that a slow answer is withheld (60) |
| `late=S` | seconds until a late effect (not by itself: see `Sandbox.release_late`) |
| `ban-for=S` | seconds that a ban lasts (5) |
| `no-batch=1` | there is no batch route: status 404 |
| `lag=S` | for so many seconds after a write, readings show the item as it was |
| `normalise=1` | spaces are folded, titles cut at 30, `&` becomes `&amp;`, prices above 1,000 lose their fen |
| `SWITCH=0`, `=1` | an assumption of `assumptions.py`, such as `cuts-titles=1`, `wrap-result=1`, `tmall-envelope=1` |

WORD is a kind of the table in `fault_catalog.py`, or `sales` (`sales.py`). The beginning of several kinds'
names stands for any of them: `http-502` for before and after the effect, `drop` for early, late and never. A word
that only a batch can meet (`batch-short`, …) strikes the batch that the call is in, and no call that comes alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from sync.messages import Message, say
from sync.sandbox.assumptions import NORMALISING, SWITCHES
from sync.sandbox.fault_catalog import KINDS
from sync.sandbox.methods import METHODS

SALES = "sales"
PREFIX = "taobao.open.item."
PREFIXES = (PREFIX, "taobao.", "alibaba.")
"""What a method's name may be left without: `publish`, `item.update.listing`."""

_ENTRY = re.compile(
    r"(?P<word>[a-z0-9-]+)"
    r"(?: @(?P<at>\d+) | @(?P<counted>[a-z.]+):(?P<nth>\d+) | (?:@(?P<of>[a-z.]+))?=(?P<number>\d+(?:\.\d+)?) )",
    re.VERBOSE,
)


class BadSpec(ValueError):
    """A SPEC that can't be read."""

    def __init__(self, message: Message) -> None:
        """`message` names what is wrong."""
        super().__init__(message.words("en"))
        self.message = message


@dataclass(frozen=True)
class Moment:
    """A call's place among all calls, and among those of its method; both counted from 1."""

    number: int
    method: str
    of_method: int


@dataclass(frozen=True)
class Trigger:
    """One entry: what strikes, and when."""

    words: tuple[str, ...]
    """Names of kinds, of which the dice take one."""
    method: str = ""
    """Empty: any."""
    at: int = 0
    """The call, counted from 1; 0: by probability."""
    chance: float = 0.0

    def strikes(self, moment: Moment, dice: Random) -> bool:
        """Tell whether it strikes now."""
        if self.method not in ("", moment.method):
            return False
        if self.at:
            return self.at == (moment.of_method if self.method else moment.number)
        return dice.random() < self.chance


@dataclass(frozen=True)
class Spec:
    """A SPEC, read; the settings as the page's table has them."""

    faults: tuple[Trigger, ...] = ()
    sales: tuple[Trigger, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    turned: Mapping[str, float] = field(default_factory=dict)
    """Assumptions that stand otherwise than the shop's own, by their names in `assumptions.py`."""


SETTINGS: Mapping[str, Callable[[str], float]] = {
    "seed": int,
    "delay": float,
    "late": float,
    "ban-for": int,
    "no-batch": int,
}
LAG, NORMALISE = "lag", "normalise"
ASSUMED: Mapping[str, tuple[str, ...]] = {
    NORMALISE: NORMALISING,
    **{name.replace("_", "-"): (name,) for name in (*SWITCHES, LAG)},
}
"""What a SPEC calls assumptions → which those are."""


def read(text: str) -> Spec:
    """Read a SPEC, an empty one as nothing; raises BadSpec."""
    triggers: list[Trigger] = []
    settings: dict[str, float] = {}
    turned: dict[str, float] = {}
    for entry in filter(None, text.replace(" ", "").split(",")):
        name, _, number = entry.partition("=")
        if name in SETTINGS:
            settings[name] = _setting(name, number)
        elif name in ASSUMED:
            turned |= dict.fromkeys(ASSUMED[name], _assumed(name, number))
        else:
            triggers.append(_trigger(entry))
    return Spec(
        faults=tuple(trigger for trigger in triggers if trigger.words != (SALES,)),
        sales=tuple(trigger for trigger in triggers if trigger.words == (SALES,)),
        settings=settings,
        turned=turned,
    )


def _setting(name: str, number: str) -> float:
    return SETTINGS[name](_checked(name, number, whole=SETTINGS[name] is int))


def _assumed(name: str, number: str) -> float:
    if name == LAG:
        return float(_checked(name, number, whole=False))
    if number not in ("0", "1"):
        raise BadSpec(say("fault.zero_or_one", name=name, value=number))
    return number == "1"


def _checked(name: str, number: str, *, whole: bool) -> str:
    if not re.fullmatch(r"\d+" if whole else r"\d+(\.\d+)?", number):
        raise BadSpec(say("fault.whole_number" if whole else "fault.number", name=name, value=number))
    return number


def _trigger(entry: str) -> Trigger:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise BadSpec(say("fault.unlike", entry=entry))
    method = _method(found["counted"] or found["of"] or "")
    if found["number"] is None:
        nth = int(found["at"] or found["nth"])
        if nth == 0:
            raise BadSpec(say("fault.from_one", entry=entry))
        return Trigger(_words(found["word"]), method, at=nth)
    chance = float(found["number"])
    if chance > 1:
        raise BadSpec(say("fault.probability", entry=entry))
    return Trigger(_words(found["word"]), method, chance=chance)


def _words(word: str) -> tuple[str, ...]:
    known = (*KINDS, SALES)
    meant = tuple(name for name in known if name == word or name.startswith(word + "-"))
    if not meant:
        raise BadSpec(say("fault.unknown", word=word, known=", ".join(known)))
    return meant


def _method(name: str) -> str:
    if not name:
        return ""
    meant = next((prefix + name for prefix in PREFIXES if prefix + name in METHODS), None)
    if meant is None:
        known = ", ".join(_short(method) for method in METHODS)
        raise BadSpec(say("fault.method", name=name, known=known))
    return meant


def _short(method: str) -> str:
    return next(method.removeprefix(prefix) for prefix in PREFIXES if method.startswith(prefix))
