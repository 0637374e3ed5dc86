"""The rows of a CSV and the records of a JSONL file, in whatever encoding Chinese offices save them."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Collection
from typing import Any, Final

from knowledge.sheets.errors import SheetError
from knowledge.sheets.rows import MOST_COLUMNS, MOST_ROWS, TOO_MANY_ROWS, Row, Rows
from knowledge.sheets.table import unguarded

LONGEST_CSV_CELL: Final = 131_072
"""What Python's csv module reads."""
NO_TEXT: Final = "这不是文字文件；请用 Excel 另存为 .xlsx 或“CSV UTF-8”，再导入。"
BY_NAME_ONLY: Final = "这其实是 Excel 文件，只是名字不对；请把扩展名改回 .xlsx 或用 Excel 另存，再导入。"
_BINARY: Final = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))
_PIECE: Final = 256 * 1024
_DELIMITERS: Final = ",\t;，；"


def decode(data: bytes) -> str:
    """Read UTF-8 with or without a mark, UTF-16 with one (Excel's “Unicode text”), else GB18030."""
    if data.startswith(_BINARY):
        raise SheetError(BY_NAME_ONLY)
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = _decoded(data, encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetError(NO_TEXT)


def _decoded(data: bytes, encoding: str) -> str:
    """Decode piece by piece: other threads of the program get their turn between them."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pieces = [decoder.decode(data[place : place + _PIECE]) for place in range(0, len(data), _PIECE)]
    return "".join([*pieces, decoder.decode(b"", final=True)])


def read_csv(data: bytes, headers: Collection[str]) -> Rows:
    """Read rows; the delimiter is the one that shows most of the known `headers` in the first line."""
    text = decode(data)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda sign: _hits(first, sign, headers))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[Row] = []
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > MOST_COLUMNS:
                raise SheetError(f"第 {number} 行超过 {MOST_COLUMNS} 列；请只保留模板里的列，再导入。")
            found.append(Row(number, tuple(unguarded(cell) for cell in cells)))
            if len(found) > MOST_ROWS + 1:
                raise SheetError(TOO_MANY_ROWS)
    except csv.Error as error:
        sentence = f"第 {number + 1} 行起读不下去，多半是引号没有成对；请用 Excel 或 WPS 另存后再导入。"
        raise SheetError(sentence) from error
    return Rows(tuple(found))


def _hits(line: str, delimiter: str, headers: Collection[str]) -> int:
    return sum(part.strip().strip('"').strip() in headers for part in line.split(delimiter))


def read_lines(data: bytes) -> list[tuple[int, Any]]:
    """Read JSONL as (line, record); a line that is no JSON gives a `ValueError` in place of its record."""
    found: list[tuple[int, Any]] = []
    for number, line in enumerate(decode(data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append((number, json.loads(line)))
        except (ValueError, RecursionError):
            found.append((number, ValueError("这一行不是完整的 JSON 对象")))
        if len(found) > MOST_ROWS:
            raise SheetError(TOO_MANY_ROWS)
    return found
