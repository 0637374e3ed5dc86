"""The rows of an .xlsx: its sheet 条目, or the first one that can be seen.

A reader of our own, because openpyxl's takes `x005F_` out of texts, builds trees without a limit, and hands
out formulas' last values as if they had been typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from knowledge.sheets.cells import Cell
from knowledge.sheets.errors import BROKEN, SheetError
from knowledge.sheets.package import MACROS, NO_XLSX, Package, opened
from knowledge.sheets.rows import MOST_COLUMNS, MOST_ROWS, TOO_MANY_ROWS, Row, Rows

SHEET: Final = "条目"
MOST_CELLS: Final = 2_000_000
MOST_CHARACTERS: Final = 50_000_000
"""In all cells together: a text that stands once in the file may be shown by very many cells."""
TOO_MUCH: Final = "表格的内容太多；请分成几份，再导入。"
_CHINESE_DATES: Final = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in formats that Excel shows as dates where it speaks Chinese."""
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_workbook(data: bytes) -> Rows:
    """Read the rows of entries. Raises `SheetError` with one sentence for whatever can't be taken."""
    with opened(data) as package:
        types = _Types()
        package.read(_member(package, "[Content_Types].xml"), types)
        if types.macros:
            raise SheetError(MACROS)
        main = next((path for kind, path in package.relations("").values() if kind == "officeDocument"), "")
        if not package.has(main):
            raise SheetError(NO_XLSX)
        related = package.relations(main)
        book = _Book()
        package.read(main, book)
        parts = {kind: path for kind, path in related.values() if package.has(path)}
        strings, styles = _Strings(), _Styles()
        if path := parts.get("sharedStrings"):
            package.read(path, strings)
        if path := parts.get("styles"):
            package.read(path, styles)
        sheet = _Sheet(strings.found, styles.dates, mac=book.mac)
        package.read(_chosen(book, related, package), sheet)
    return sheet.result()


def _member(package: Package, name: str) -> str:
    return next((each for each in package.archive.namelist() if each.lower() == name.lower()), name)


def _chosen(book: _Book, related: dict[str, tuple[str, str]], package: Package) -> str:
    paths = {
        name: related[key][1]
        for name, key in book.sheets
        if key in related and related[key][0] == "worksheet" and package.has(related[key][1])
    }
    if not paths:
        raise SheetError(BROKEN)
    return paths.get(SHEET) or next(iter(paths.values()))


def excel_value(text: str) -> str:
    """Return what Excel shows for a stored text: `_x0041_` is A (the reverse of `table.excel_text`)."""
    if "_x" not in text:
        return text
    shown = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return shown.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Silent:
    """Hears nothing; parsers below listen to what they need."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Text between tags."""


class _Types(_Silent):
    """`[Content_Types].xml`: whether the file may hold macros."""

    macros = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - the parser's signature
        kind = attributes.get("ContentType", "").lower()
        self.macros = self.macros or "macroenabled" in kind or "vbaproject" in kind


class _Book(_Silent):
    """`workbook.xml`: the sheets that can be seen, as (name, relation), and where its dates begin."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.mac = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.mac = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for name, value in attributes.items() if name.endswith("}id")), "")
            self.sheets.append((attributes.get("name", "").strip(), relation))


class _Texts(_Silent):
    """Joins the `t` elements of a string item; phonetic guides (`rPh`) are left out."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._inside = False
        self._guide = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - the parser's signature
        if tag == "rPh":
            self._guide = True
        elif tag == "t":
            self._inside = not self._guide

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self._guide = False
        elif tag == "t":
            self._inside = False

    def data(self, text: str) -> None:
        if self._inside:
            self.pieces.append(text)

    def take(self) -> str:
        text = excel_value("".join(self.pieces))
        self.pieces.clear()
        return text


class _Strings(_Silent):
    """`sharedStrings.xml`."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._texts = _Texts()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._texts.start(tag, attributes)

    def data(self, text: str) -> None:
        self._texts.data(text)

    def end(self, tag: str) -> None:
        self._texts.end(tag)
        if tag == "si":
            self.found.append(self._texts.take())
            if len(self.found) > MOST_CELLS:
                raise SheetError(TOO_MUCH)


class _Styles(_Silent):
    """`styles.xml`: the numbers of the styles that show a date."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._formats = dict(BUILTIN_FORMATS)
        self._count = 0
        self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            self._formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")[:200]
        elif tag == "cellXfs":
            self._inside = True
        elif tag == "xf" and self._inside:
            number = int(attributes.get("numFmtId", "0"))
            if number in _CHINESE_DATES or is_date_format(self._formats.get(number)):
                self.dates.add(self._count)
            self._count += 1

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self._inside = False


@dataclass(slots=True)
class _Here:
    """The cell that is being read."""

    row: int = 0
    column: int = 0
    kind: str = "n"
    style: int = 0
    formula: bool = False
    value: list[str] = field(default_factory=list)


class _Sheet(_Silent):
    """A worksheet: its rows, and what can't be taken."""

    def __init__(self, strings: list[str], dates: set[int], *, mac: bool) -> None:
        self._strings = strings
        self._dates = dates
        self._epoch = CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900
        self._texts = _Texts()
        self._here = _Here()
        self._in_value = False
        self._row: dict[int, Cell] = {}
        self._rows: list[Row] = []
        self._formulas: list[tuple[int, int]] = []
        self._merged: list[str] = []
        self._cells = self._characters = 0

    def result(self) -> Rows:
        """Return the rows; raises `SheetError` where there are formulas or merged cells among them."""
        if self._merged:
            place = f"（{self._merged[0]}）"
            raise SheetError(f"表里有合并的单元格{place}；请取消合并、每行填完整，再导入。")
        return Rows(tuple(self._rows), formulas=tuple(self._formulas))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._begin(attributes)
        elif tag == "v":
            self._in_value = True
        elif tag == "f":
            self._here.formula = True
        elif tag in ("t", "rPh"):
            self._texts.start(tag, attributes)
        elif tag == "row":
            self._here.row = int(attributes.get("r", self._here.row + 1))
            self._here.column = 0
        elif tag == "mergeCell" and len(self._merged) < 1:
            self._merged.append(attributes.get("ref", "")[:20])

    def _begin(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        here = self._here
        here.column = column_index_from_string(found[1]) if found else here.column + 1
        here.kind = attributes.get("t", "n")
        here.style = int(attributes.get("s", "0"))
        here.formula = False
        self._cells += 1
        if self._cells > MOST_CELLS:
            raise SheetError(TOO_MUCH)

    def data(self, text: str) -> None:
        if self._in_value:
            self._here.value.append(text)
        else:
            self._texts.data(text)

    def end(self, tag: str) -> None:
        if tag == "v":
            self._in_value = False
        elif tag in ("t", "rPh"):
            self._texts.end(tag)
        elif tag == "c":
            self._put(self._value())
        elif tag == "row" and self._row:
            self._finish_row()

    def _put(self, value: Cell) -> None:
        here = self._here
        here.value.clear()
        if here.formula:
            if len(self._formulas) < MOST_ROWS:
                self._formulas.append((here.row, here.column))
        elif value is not None and value != "":
            if here.column > MOST_COLUMNS:
                raise SheetError(f"表格超过 {MOST_COLUMNS} 列；请只保留模板里的列，再导入。")
            self._characters += len(value) if isinstance(value, str) else 8
            if self._characters > MOST_CHARACTERS:
                raise SheetError(TOO_MUCH)
            self._row[here.column] = value

    def _value(self) -> Cell:
        here = self._here
        if here.kind == "inlineStr":
            return self._texts.take()
        text = "".join(here.value)
        if not text:
            return None
        if here.kind == "n":
            return self._number(float(text))
        if here.kind == "s":
            return self._strings[int(text)]
        if here.kind == "b":
            return text.strip() == "1"
        return datetime.fromisoformat(text.strip()) if here.kind == "d" else excel_value(text)

    def _number(self, value: float) -> Cell:
        if self._here.style in self._dates:
            try:
                moment: Cell = from_excel(value, self._epoch)
            except (OverflowError, ValueError):
                return value
            return moment if isinstance(moment, datetime) else value
        return int(value) if value.is_integer() and abs(value) < 2**53 else value

    def _finish_row(self) -> None:
        width = max(self._row)
        self._rows.append(Row(self._here.row, tuple(self._row.get(place) for place in range(1, width + 1))))
        self._row.clear()
        if len(self._rows) > MOST_ROWS + 1:
            raise SheetError(TOO_MANY_ROWS)
