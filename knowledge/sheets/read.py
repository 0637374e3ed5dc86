"""A file into drafts of entries, with every mistake named by row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final, assert_never

from openpyxl.utils import get_column_letter
from pydantic import ValidationError
from rapidfuzz import process

from knowledge.entries import Entry
from knowledge.files import ENTRY
from knowledge.sheets.cells import DATE_FORM, Cell, Kind, is_blank, shortened, text_of
from knowledge.sheets.columns import COLUMNS, Column, header_of, kind_of
from knowledge.sheets.errors import CellError, SheetError
from knowledge.sheets.formats import format_of, refuse_size
from knowledge.sheets.rows import Row, Rows
from knowledge.sheets.shelves import Shelves
from knowledge.sheets.texts import read_csv, read_lines
from knowledge.sheets.workbook import read_workbook

MOST_LISTED: Final = 200
STEP: Final = 200
"""Progress is told every so many rows."""
LIKE: Final = 45
NO_HEADER: Final = "第一行没有认得的列名；请下载模板，把内容填到模板里，再导入。"
NO_KEY: Final = "没有“编号”列，也没有“标准问”列，认不出是哪一条；请加上其中一列，再导入。"
NO_ROWS: Final = "表里只有列名，没有内容；请填好以后再导入。"

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in the thread that reads."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at one place of a file."""

    row: int
    """As the spreadsheet shows it; 0: the file as a whole."""
    column: str
    """Its header; empty: the whole row."""
    text: str
    """What is wrong and what to do: Chinese, no full stop."""

    @property
    def line(self) -> str:
        """One line for people, such as 第 12 行“有效期至”：日期要写成 2026-11-23."""
        column = f"“{self.column}”" if self.column else ""
        place = f"第 {self.row} 行{column}" if self.row else column
        return f"{place}：{self.text}" if place else self.text


@dataclass(frozen=True, slots=True)
class Draft:
    """One row: the fields that it gives. A field that is not in it stays as it was."""

    row: int
    values: dict[str, Any]
    whole: bool = True
    """False: something in the row can't be read."""


@dataclass(slots=True)
class Reading:
    """What a file holds."""

    drafts: list[Draft] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


def read_file(name: str, data: bytes, shelves: Shelves, progress: Progress | None = None) -> Reading:
    """Read a file by its name's ending. Raises `SheetError` for one that is refused as a whole."""
    kind = format_of(name)
    refuse_size(len(data))
    match kind:
        case "xlsx":
            return _from_rows(read_workbook(data), shelves, progress)
        case "csv":
            return _from_rows(read_csv(data, [*_known_headers()]), shelves, progress)
        case "jsonl":
            return _from_lines(data, progress)
        case _:
            assert_never(kind)


def _known_headers() -> dict[str, Column]:
    return {name: column for column in COLUMNS for name in (column.header, column.field)}


def _from_rows(found: Rows, shelves: Shelves, progress: Progress | None) -> Reading:
    if not found.rows:
        raise SheetError("表里什么也没有；请选有内容的文件，再导入。")
    header, *rows = found.rows
    reading = Reading()
    columns = _columns(header, reading)
    if found.formulas:
        raise SheetError(_formulas(found, header))
    if not {"id", "question"} & {column.field for column in columns.values()}:
        raise SheetError(NO_KEY)
    if not rows:
        raise SheetError(NO_ROWS)
    kinds = {place: (column, kind_of(column, shelves)) for place, column in columns.items()}
    nameless: set[int] = set()
    for count, row in enumerate(rows, start=1):
        reading.drafts.append(_draft(row, kinds, reading))
        _note_nameless(row, header, nameless, reading)
        if progress and (count % STEP == 0 or count == len(rows)):
            progress(count, len(rows))
    return reading


def _columns(header: Row, reading: Reading) -> dict[int, Column]:
    """Return the columns by their place in a row; unknown and doubled ones become mistakes."""
    known = _known_headers()
    names = {place: _header(cell) for place, cell in enumerate(header.cells) if not is_blank(cell)}
    if not any(name in known for name in names.values()):
        raise SheetError(NO_HEADER)
    columns: dict[int, Column] = {}
    for place, name in names.items():
        column = known.get(name)
        if column is None:
            nearest = process.extractOne(name, [each.header for each in COLUMNS], score_cutoff=LIKE)
            hint = f"，是不是“{nearest[0]}”？" if nearest else "；请删掉这一列，或按模板改列名"
            reading.mistakes.append(Mistake(header.number, shortened(name), f"不认识这个列名{hint}"))
        elif column in columns.values():
            reading.mistakes.append(Mistake(header.number, column.header, "这一列出现了两次，请删掉一列"))
        else:
            columns[place] = column
    return columns


def _header(cell: Cell) -> str:
    return "".join(text_of(cell).split()).rstrip("*＊").removesuffix("（必填）")


def _formulas(found: Rows, header: Row) -> str:
    row, column = found.formulas[0]
    cell = header.cells[column - 1] if column <= len(header.cells) else None
    place = f"第 {row} 行“{shortened(text_of(cell) or get_column_letter(column))}”"
    count = len(found.formulas)
    many = f"等 {count} 格" if count > 1 else ""
    return f"{place}{many}是公式；请复制后“选择性粘贴”为数值，再导入。"


def _draft(row: Row, kinds: dict[int, tuple[Column, Kind]], reading: Reading) -> Draft:
    values: dict[str, Any] = {}
    whole = True
    for place, (column, kind) in kinds.items():
        cell = row.cells[place] if place < len(row.cells) else None
        if is_blank(cell) and column.rule != "empty":
            if column.rule == "required":
                reading.mistakes.append(Mistake(row.number, column.header, "不能空着"))
                whole = False
            continue
        try:
            values[column.field] = kind.read(cell)
        except CellError as error:
            reading.mistakes.append(Mistake(row.number, column.header, str(error)))
            whole = False
    return Draft(row.number, values, whole)


def _note_nameless(row: Row, header: Row, nameless: set[int], reading: Reading) -> None:
    """Say once for each column without a name that something stands in it."""
    for place, cell in enumerate(row.cells):
        unnamed = place >= len(header.cells) or is_blank(header.cells[place])
        if unnamed and place not in nameless and not is_blank(cell):
            nameless.add(place)
            letter = get_column_letter(place + 1)
            reading.mistakes.append(Mistake(row.number, "", f"{letter} 列没有列名，格里却有内容"))


def _from_lines(data: bytes, progress: Progress | None) -> Reading:
    reading = Reading()
    lines = read_lines(data)
    if not lines:
        raise SheetError("文件里没有条目；请选有内容的文件，再导入。")
    for count, (number, record) in enumerate(lines, start=1):
        reading.drafts.append(_record(number, record, reading))
        if progress and (count % STEP == 0 or count == len(lines)):
            progress(count, len(lines))
    return reading


def _record(number: int, record: Any, reading: Reading) -> Draft:
    if not isinstance(record, dict):
        text = str(record) if isinstance(record, ValueError) else "要写成一个 JSON 对象，用大括号括起来"
        reading.mistakes.append(Mistake(number, "", text))
        return Draft(number, {}, whole=False)
    try:
        entry = ENTRY.validate_python(record, extra="forbid")
    except ValidationError as error:
        reading.mistakes.extend(_json_mistakes(number, error))
        known = {name: record[name] for name in ("id", "question") if isinstance(record.get(name), str)}
        return Draft(number, known, whole=False)
    return Draft(number, {each.name: getattr(entry, each.name) for each in fields(Entry)})


_FORMS: Final = {
    "missing": "缺少这一项",
    "string_type": "要写成文字",
    "string_unicode": "有不完整的字符（单独的代理码）",
    "tuple_type": "要写成方括号里的列表",
    "bool_type": "要写成 true 或 false",
    "bool_parsing": "要写成 true 或 false",
    "int_type": "要写成整数",
    "int_parsing": "要写成整数",
    "int_from_float": "要写成整数",
    "float_type": "要写成数",
    "float_parsing": "要写成数",
}


def _json_mistakes(number: int, error: ValidationError) -> Iterator[Mistake]:
    for item in error.errors(include_url=False):
        name, *rest = (str(part) for part in item["loc"])
        where = f"（{'.'.join(rest)}）" if rest else ""
        text = _FORMS.get(item["type"])
        if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            nearest = process.extractOne(name, [each.name for each in fields(Entry)], score_cutoff=60)
            text = "没有这个字段" + (f"，是不是 {nearest[0]}？" if nearest and not rest else "")
        elif item["type"] == "literal_error":
            text = f"只能是 {item['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}"
        elif item["type"].startswith("date"):
            text = DATE_FORM
        yield Mistake(number, header_of(name), f"{text or '值不对：' + item['msg']}{where}")
