"""Entries as a file, and the template for new ones: `read` gives the same entries back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Final, assert_never

from knowledge.entries import Entry
from knowledge.files import Knowledge, entry_line
from knowledge.sheets.cells import Cell, Choice, YesNo
from knowledge.sheets.columns import COLUMNS, RULE_NAMES, Column, kind_of
from knowledge.sheets.errors import SheetError
from knowledge.sheets.formats import Format
from knowledge.sheets.shelves import Shelf, Shelves
from knowledge.sheets.table import LONGEST_CELL, Heading, Table, comma_separated, excel_length, xlsx
from knowledge.sheets.texts import LONGEST_CSV_CELL
from knowledge.sheets.workbook import SHEET

EXPLANATIONS: Final = "填写说明"
NAMES: Final = "部门和分类"
_SPARE_ROWS: Final = 500
_HINTS: Final = (
    ("怎么用", "在“条目”表里一行写一条，写好存成 .xlsx 再导入。深色的列名是新条目必须填的。"),
    ("先看再导", "导入前可以先试导入：会列出新增几条、改了哪些、哪一行哪一列要改，不会动数据。"),
    ("全部或一条不导", "只要有一处错误，就一条也不导入，改好后重新导入即可。"),
    ("合并", "按编号认条目：有的更新，没有的新增，文件里没写的条目不动。"),
    ("替换", "文件里没写的条目会被删除，请先导出一份备份。"),
    ("少几列可以", "只想改答案，可以只留“编号”和“答案”两列，其他内容不变；空着的格子按各列的说明处理。"),
    ("不能有的", "公式、合并单元格、宏、密码、引用别的表格，都不能导入；请粘贴为数值后另存为 .xlsx。"),
    ("带引号的内容", '首尾有空格等特殊内容，导出时会写成 "…" 的样子，请原样保留。'),
    ("大小", "一次最多 20000 行、20 MB。"),
)


def write_entries(kind: Format, knowledge: Knowledge, entries: Sequence[Entry] | None = None) -> bytes:
    """Write all entries of the hall, or the given ones, with all their fields and without loss.

    Raises `SheetError` where one is too long for a cell. CPU-heavy for thousands: call it in a thread.
    """
    chosen = knowledge.entries if entries is None else entries
    shelves = Shelves.of(knowledge)
    match kind:
        case "jsonl":
            return "".join(f"{entry_line(entry)}\n" for entry in chosen).encode()
        case "csv":
            headings = tuple(Heading(column.header) for column in COLUMNS)
            return comma_separated(Table(SHEET, headings, _rows(chosen, shelves, LONGEST_CSV_CELL, "JSONL")))
        case "xlsx":
            return _book(shelves, _rows(chosen, shelves, LONGEST_CELL, "CSV 或 JSONL"))
        case _:
            assert_never(kind)


def write_template(knowledge: Knowledge) -> bytes:
    """Write an empty XLSX to be filled in, with explanations and the hall's names to choose from."""
    return _book(Shelves.of(knowledge), ())


def _rows(entries: Iterable[Entry], shelves: Shelves, longest: int, other: str) -> Iterator[list[Cell]]:
    kinds = [(column, kind_of(column, shelves)) for column in COLUMNS]
    for entry in entries:
        row: list[Cell] = []
        for column, kind in kinds:
            value = kind.write(getattr(entry, column.field))
            if isinstance(value, str) and len(value) * 7 > longest and excel_length(value) > longest:
                where = f"条目 {entry.id} 的“{column.header}”"
                raise SheetError(f"{where}超过一格能放的 {longest} 字；请导出为 {other}。")
            row.append(value)
        yield row


def _book(shelves: Shelves, rows: Iterable[list[Cell]]) -> bytes:
    shown = [_shown(shelf) for shelf in (shelves.department, shelves.category, shelves.guide)]
    places = dict(zip(("department", "category", "guide"), "BDF", strict=True))
    sizes = {field: len(names) for field, names in zip(places, shown, strict=True)}
    headings = tuple(
        Heading(
            column.header,
            column.width,
            choices=_choices(column, places.get(column.field, ""), sizes.get(column.field, 0)),
            hint=f"{column.explanation}\n例：{column.example}",
            marked=column.rule == "required",
        )
        for column in COLUMNS
    )
    return xlsx(Table(SHEET, headings, rows, spare_rows=_SPARE_ROWS), _explanations(), _names(shown))


def _shown(shelf: Shelf) -> list[tuple[str, str]]:
    """Return id and what to write, for all that the hall has."""
    return [(key, shelf.write(key)) for key in shelf.names]


def _choices(column: Column, place: str, size: int) -> tuple[str, ...] | str:
    if place:
        return f"'{NAMES}'!${place}$2:${place}${size + 1}" if size else ()
    if isinstance(column.kind, Choice):
        return tuple(column.kind.names.values())
    return ("是", "否") if isinstance(column.kind, YesNo) else ()


def _explanations() -> Table:
    columns = [(each.header, RULE_NAMES[each.rule], each.explanation, each.example) for each in COLUMNS]
    headings = (Heading("列名", 18), Heading("要填吗", 16), Heading("说明", 76), Heading("例子", 44))
    return Table(EXPLANATIONS, headings, [*((name, "", text, "") for name, text in _HINTS), *columns])


def _names(shown: list[list[tuple[str, str]]]) -> Table:
    titles = ("部门编号", "部门名称", "分类编号", "分类名称", "办事指南编号", "办事指南名称")
    headings = tuple(Heading(title, 20 if place % 2 == 0 else 30) for place, title in enumerate(titles))
    rows = [[cell for pair in row for cell in pair] for row in zip_longest(*shown, fillvalue=(None, None))]
    return Table(NAMES, headings, rows)
