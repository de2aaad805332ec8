"""Which code each row had when the sheet was read, by which its result finds it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.call import RowResult
from sync.codes import sku_key


class Expected(NamedTuple):
    """The rows that results belong to, as they were read."""

    codes: Mapping[int, str]
    """By row."""
    skus: Mapping[int, str]
    """By row, SKU编码 of those that have one."""

    @classmethod
    def of(cls, numbers: Sequence[int], codes: Sequence[str], skus: Iterable[str | None]) -> Expected:
        """Take them in by column."""
        paired = zip(numbers, skus, strict=True)
        return cls(dict(zip(numbers, codes, strict=True)), {number: sku for number, sku in paired if sku is not None})

    @classmethod
    def of_results(cls, results: Sequence[RowResult]) -> Expected:
        """Return those that these results belong to."""
        codes: dict[int, str] = {}
        skus: dict[int, str] = {}
        for result in results:
            codes[result.row] = result.outer_id
            if result.sku is not None:
                skus[result.row] = result.sku
        return cls(codes, skus)

    def key(self, row: int) -> str:
        """Return what its item is called in state, see `RowResult.key`."""
        code = self.codes[row]
        return sku_key(code, self.skus[row]) if row in self.skus else code

    def are(self, rows: Sequence[int], codes: Sequence[object]) -> bool:
        """Whether these rows were read with just these codes, and without SKUs."""
        return not self.skus and list(map(self.codes.get, rows)) == codes

    def has(self, row: int, code: object, sku: object) -> bool:
        """Whether the row was read with this code and SKU编码; `""`: none."""
        return row in self.codes and (code, sku) == (self.codes[row], self.skus.get(row, ""))


NO_ROWS = Expected({}, {})
