"""Rows as they come out of a file, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowledge.sheets.cells import Cell

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 200
TOO_MANY_ROWS: Final = f"超过 {MOST_ROWS} 行；请分成几份，再导入。"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its number as the spreadsheet shows it, and its cells from column A on."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a sheet, the header first."""

    rows: tuple[Row, ...]
    formulas: tuple[tuple[int, int], ...] = ()
    """Where formulas stand, as (row, column): their values are not taken."""
