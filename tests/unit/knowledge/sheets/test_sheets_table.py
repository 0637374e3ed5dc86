"""Any rows as XLSX and CSV: types kept, nothing a formula, titles that Excel accepts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from openpyxl import load_workbook

from knowledge.sheets.cells import Cell
from knowledge.sheets.table import (
    LONGEST_CELL,
    Heading,
    Table,
    comma_separated,
    excel_length,
    guarded,
    unguarded,
    xlsx,
)
from knowledge.sheets.workbook import excel_value, read_workbook
from tests.unit.knowledge.sheets.sheet_samples import HOSTILE

NOON = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
ROW: tuple[Cell, ...] = ("=1+1", 7, 0.25, True, date(2026, 11, 23), NOON, None, float("nan"), 2**60)
HEADINGS = tuple(Heading(f"列{number}", number_format="0%" if number == 2 else "") for number in range(9))


def test_types_are_kept_and_moments_are_beijing_time() -> None:
    sheet = load_workbook(io.BytesIO(xlsx(Table("周报", HEADINGS, [ROW])))).active
    assert sheet is not None
    noon = datetime(2026, 11, 23, 12, 30)  # noqa: DTZ001 - as in a cell
    midnight = datetime(2026, 11, 23)  # noqa: DTZ001 - as in a cell
    values = [cell.value for cell in sheet[2]]
    assert values == ["=1+1", 7, 0.25, "是", midnight, noon, None, None, str(2**60)]
    assert [cell.data_type for cell in sheet[2]][:6] == ["s", "n", "n", "s", "d", "d"]
    assert (sheet["C2"].number_format, sheet["F2"].number_format) == ("0%", "yyyy-mm-dd hh:mm")
    assert (sheet.title, sheet.freeze_panes) == ("周报", "A2")
    assert read_workbook(xlsx(Table("周报", HEADINGS, [ROW]))).rows[1].cells[5] == noon


def test_the_same_as_csv() -> None:
    rows = list(csv.reader(io.StringIO(comma_separated(Table("周报", HEADINGS, [ROW])).decode("utf-8-sig"))))
    assert rows[1] == ["'=1+1", "7", "0.25", "是", "2026-11-23", "2026-11-23 12:30:00", "", "", str(2**60)]


@given(HOSTILE)
def test_a_text_is_stored_as_excel_shows_it(text: str) -> None:
    data = xlsx(Table("a", (Heading("a"),), [[text or "-"]]))
    assert read_workbook(data).rows[1].cells == (text or "-",)


@given(HOSTILE)
def test_what_is_guarded_is_unguarded_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_halves_of_characters_and_escapes_do_not_break_a_file() -> None:
    data = xlsx(Table("\ud800?", (Heading("\ud83d"),), [["a\ud800b"]]))
    assert read_workbook(data).rows[1].cells == ("a\ufffdb",)
    assert comma_separated(Table("x", (Heading("a"),), [["\ud800"]])).endswith(b'"?"\r\n')
    assert excel_value("_xD83D__xDE00_") == "😀"
    assert excel_value("_xD83D_") == "\ufffd"


@pytest.mark.parametrize("text", ["长" * 40_000, "😀" * 20_000, "\x01" * 40_000])
def test_a_text_too_long_for_a_cell_ends_in_a_note(text: str) -> None:
    (cell,) = read_workbook(xlsx(Table("a", (Heading("a"),), [[text]]))).rows[1].cells
    assert isinstance(cell, str)
    assert cell.endswith("……（太长，后面的没有写出来）")
    assert text.startswith(cell[:1000])
    assert LONGEST_CELL * 0.8 < excel_length(cell) <= LONGEST_CELL


def test_titles_of_sheets_are_made_to_fit() -> None:
    names = ["[a]:*?/\\'", "", "同名", "同名", "长" * 60, "\x00"]
    data = xlsx(*(Table(name, (Heading("a"),)) for name in names))
    titles = load_workbook(io.BytesIO(data)).sheetnames
    assert titles == ["a", "表", "同名", "同名 2", "长" * 27, "_x0000_"]


def test_a_row_of_the_wrong_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has not 1 cells"):
        xlsx(Table("a", (Heading("a"),), [["x", "y"]]))
