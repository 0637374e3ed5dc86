"""Any list of rows as a safe XLSX or CSV: for entries, and for weekly sheets, transcripts and reports.

No cell can become a formula. In XLSX each text is stored as a text, in a format that stays text when it is
edited, and what XML can't carry is written as `_x0001_`, Excel's own escape. In CSV every cell is quoted,
and a text that a spreadsheet might take for a formula gets an apostrophe in front; `unguarded` takes it off.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from knowledge.sheets.cells import Cell, text_of

LONGEST_CELL: Final = 32_767
"""What Excel keeps of a cell, in UTF-16 units; longer texts end in a note that they were cut."""
_CUT: Final = "……（太长，后面的没有写出来）"
_BEIJING: Final = timezone(timedelta(hours=8))
_FIRST_EXCEL_DAY: Final = date(1900, 3, 1)
"""Excel believes in a 29 February 1900: earlier dates are written as text."""
_LARGEST_EXACT: Final = 2**53
_UNSAFE_XML: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_GUARDED: Final = re.compile(r"'*[\s\x00-\x20\x7f\xa0\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠\t\r\n\x00]")
_FORMATS: Final[Mapping[str, str]] = {
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "number": "General",
}
_BAD_IN_TITLES: Final = re.compile(r"[\x00-\x1f\[\]:*?/\\']")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its title, its width in characters, and what may be said about its cells."""

    title: str
    width: float = 16
    number_format: str = ""
    """Excel's format for numbers in it, such as `0.0%`; empty: as they are."""
    choices: tuple[str, ...] | str = ()
    """What can be chosen in its cells; a str is a reference to cells, such as `'名称'!$A$2:$A$9`."""
    hint: str = ""
    """Shown beside a chosen cell."""
    marked: bool = False
    """Whether the heading stands out (a column that must be filled in)."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. Aware moments are shown in Beijing time."""

    title: str
    """Name of the sheet."""
    headings: tuple[Heading, ...]
    rows: Iterable[Sequence[Cell]] = ()
    spare_rows: int = 0
    """How many empty rows are ready to be filled in, with choices and hints."""


def xlsx(*tables: Table, creator: str = "零距离") -> bytes:
    """Write tables as the sheets of one workbook, with a frozen heading, widths, wrapped text and filter."""
    drawn = [_complete(table) for table in tables]  # a mistake in rows must not leave half a workbook open
    book = Workbook(write_only=True)
    book.properties.creator = creator
    pen = _Pen(book)
    taken: set[str] = set()
    for table in drawn:
        _write_sheet(book, pen, table, _sheet_title(table.title, taken))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def comma_separated(table: Table) -> bytes:
    """Write one table as CSV: UTF-8 with a mark that Excel looks for, every cell quoted, no formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow([guarded(heading.title) for heading in table.headings])
    writer.writerows([_csv_text(value) for value in row] for row in table.rows)
    return stream.getvalue().encode("utf-8-sig", "replace")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; `unguarded` gives the same text back."""
    return f"'{text}" if _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Take off the apostrophe that `guarded` put there."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def excel_text(text: str) -> str:
    """Return the text as Excel stores it: `_x0001_` for what XML can't carry."""
    escaped = _UNSAFE_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return _SURROGATES.sub("\ufffd", escaped)


def excel_length(text: str) -> int:
    """Return how much of `LONGEST_CELL` a text takes."""
    return len(excel_text(text).encode("utf-16-le")) // 2


def _fitting(text: str) -> str:
    if len(text) <= LONGEST_CELL // 7 or excel_length(text) <= LONGEST_CELL:
        return text
    while excel_length(text) > LONGEST_CELL - len(_CUT):
        text = text[: min(len(text) * 9 // 10, LONGEST_CELL)]
    return text + _CUT


def _csv_text(value: Cell) -> str:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, datetime):
        return text_of(_local(value).replace(microsecond=0))
    return text_of(value)


def _local(moment: datetime) -> datetime:
    return moment.astimezone(_BEIJING).replace(tzinfo=None) if moment.tzinfo else moment


def _complete(table: Table) -> Table:
    rows = [tuple(row) for row in table.rows]
    if any(len(row) != len(table.headings) for row in rows):
        raise ValueError(f"a row of {table.title!r} has not {len(table.headings)} cells")
    return replace(table, rows=rows)


def _sheet_title(title: str, taken: set[str]) -> str:
    """Return a name that Excel accepts: at most 31 characters, no signs of references, none twice."""
    base = _BAD_IN_TITLES.sub(" ", excel_text(title)).strip()[:27] or "表"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base} {number}"
    taken.add(name.lower())
    return name


@dataclass(slots=True)
class _Pen:
    """Makes cells. One cell object for each style and sheet is used again: making one takes long."""

    book: Workbook
    styles: set[str] = field(default_factory=set)

    def style(self, number_format: str, *, heading: bool = False, marked: bool = False) -> str:
        """Return the name of a style, made when it is first asked for."""
        name = f"零距离 {'标题 ' if heading else ''}{'必填 ' if marked else ''}{number_format}"
        if name in self.styles:
            return name
        style = NamedStyle(name=name, number_format=number_format)
        style.font = Font(name="微软雅黑", size=10, bold=heading, color="FFFFFF" if heading else "1F2329")
        style.alignment = Alignment(wrap_text=True, vertical="center" if heading else "top")
        if heading:
            style.fill = PatternFill("solid", fgColor="0D3A7A" if marked else "1456B8")
            style.border = Border(right=Side(style="thin", color="FFFFFF"))
        self.book.add_named_style(style)
        self.styles.add(name)
        return name


def _write_sheet(book: Workbook, pen: _Pen, table: Table, title: str) -> None:
    sheet: Any = book.create_sheet(title)
    last = get_column_letter(max(1, len(table.headings)))
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"
    for place, heading in enumerate(table.headings, start=1):
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width = heading.width
        dimension.number_format = heading.number_format or "@"
        dimension.alignment = Alignment(wrap_text=True, vertical="top")
    top = [_cell(sheet, pen.style("@", heading=True, marked=heading.marked)) for heading in table.headings]
    for cell, heading in zip(top, table.headings, strict=True):
        _put_text(cell, heading.title)
    sheet.append(top)
    drawers = [_Drawer(sheet, pen, heading) for heading in table.headings]
    count = 0
    for row in table.rows:
        sheet.append([drawer.cell(value) for drawer, value in zip(drawers, row, strict=True)])
        count += 1
    rows = count + table.spare_rows
    sheet.auto_filter.ref = f"A1:{last}{rows + 1}"
    _add_choices(sheet, table, rows=rows)


def _cell(sheet: Any, style: str) -> SheetCell:
    cell: SheetCell = WriteOnlyCell(sheet)
    cell.style = style
    return cell


def _put_text(cell: SheetCell, text: str) -> SheetCell:
    cell.value = excel_text(_fitting(text))
    cell.data_type = "s"  # whatever it begins with: `=` would make a formula, `#N/A` an error
    return cell


@dataclass(slots=True)
class _Drawer:
    """The cells of one column: one for each type of value."""

    sheet: Any
    pen: _Pen
    heading: Heading
    cells: dict[str, SheetCell] = field(default_factory=dict)

    def cell(self, value: Cell) -> SheetCell | None:
        """Return a cell with the value; None where nothing stands."""
        if isinstance(value, datetime):
            value = _local(value)
        kind = _kind(value)
        if kind == "":
            return None
        cell = self.cells.get(kind) or self._new(kind)
        if kind != "text":
            cell.value = value
            return cell
        return _put_text(cell, value if isinstance(value, str) else _csv_text(value))

    def _new(self, kind: str) -> SheetCell:
        chosen = self.heading.number_format if kind == "number" else ""
        self.cells[kind] = _cell(self.sheet, self.pen.style(chosen or _FORMATS.get(kind, "@")))
        return self.cells[kind]


def _kind(value: Cell) -> str:
    match value:
        case None | "":
            return ""
        case bool() | str():
            return "text"
        case int():
            return "number" if abs(value) < _LARGEST_EXACT else "text"
        case float():
            return "number" if math.isfinite(value) else ""
        case datetime():
            return "datetime" if value.date() >= _FIRST_EXCEL_DAY else "text"
        case date():
            return "date" if value >= _FIRST_EXCEL_DAY else "text"


def _add_choices(sheet: Any, table: Table, *, rows: int) -> None:
    if rows == 0:
        return
    for place, heading in enumerate(table.headings, start=1):
        if not heading.choices and not heading.hint:
            continue
        choices = heading.choices
        formula = choices if isinstance(choices, str) else f'"{",".join(choices)}"'
        rule = DataValidation(
            type="list" if choices else None, formula1=formula if choices else None, allow_blank=True
        )
        rule.errorStyle = "warning"
        rule.errorTitle, rule.error = heading.title[:32], "不在可选的范围里，导入时可能通不过。"
        rule.showErrorMessage = bool(choices)
        if heading.hint:
            rule.promptTitle, rule.prompt = heading.title[:32], heading.hint[:255]
            rule.showInputMessage = True
        letter = get_column_letter(place)
        rule.add(f"{letter}2:{letter}{rows + 1}")
        sheet.data_validations.append(rule)
