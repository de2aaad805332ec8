"""How the values of a type are written as JSON and read back."""

from __future__ import annotations

import pytest

from sync.item import PriceWindow
from sync.json_forms import JsonForm
from tests.clocks import START

WINDOW = PriceWindow(1990, START, START)
FORM: JsonForm[PriceWindow] = JsonForm(PriceWindow)


def test_what_was_written_is_what_is_read() -> None:
    assert FORM.validate_json(FORM.dump_json(WINDOW)) == WINDOW
    assert FORM.validate_python(FORM.dump_python(WINDOW, mode="json")) == WINDOW


@pytest.mark.parametrize("text", ["", "{", "[]", '{"price": "x"}'])
def test_what_is_no_such_value_is_a_wrong_value(text: str) -> None:
    with pytest.raises(ValueError, match="PriceWindow"):
        FORM.validate_json(text)
