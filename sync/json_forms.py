"""How the values of a type are written as JSON and read back. Pydantic does it, which takes longer to load than most
commands take to run: many read and write none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class JsonForm(Generic[T]):
    """What pydantic's `TypeAdapter` does, made when somebody first asks for it. Safe to use from several threads."""

    def __init__(self, kind: Any) -> None:
        """`kind`: the type, such as `dict[str, int]`."""
        self._kind = kind

    @cached_property
    def validate_json(self) -> Callable[[str | bytes], T]:
        """Read a text; raises ValueError for one that is no such value."""
        return self._adapter.validate_json

    @cached_property
    def validate_python(self) -> Callable[[object], T]:
        """Read what a text of JSON was parsed to; raises ValueError as `validate_json` does."""
        return self._adapter.validate_python

    @cached_property
    def dump_json(self) -> Callable[..., bytes]:
        """Write a value; `exclude_defaults` and `indent` as pydantic has them."""
        return self._adapter.dump_json

    @cached_property
    def dump_python(self) -> Callable[..., Any]:
        """Return what `dump_json` writes (`mode="json"`), before it is a text."""
        return self._adapter.dump_python

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        from pydantic import TypeAdapter  # noqa: PLC0415 - see above

        return TypeAdapter(self._kind)
