"""Which kinds of files there are, told by the name, and what to do with those that are not taken."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final, Literal

from knowledge.sheets.errors import SheetError
from knowledge.sheets.package import BINARY, MACROS, OLD

Format = Literal["xlsx", "csv", "jsonl"]

MOST_BYTES: Final = 20 * 1024 * 1024
_FORMATS: Final[dict[str, Format]] = {".xlsx": "xlsx", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_OTHERS: Final = {".xls": OLD, ".xlsm": MACROS, ".xltm": MACROS, ".xlsb": BINARY}
MEDIA_TYPES: Final[dict[Format, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
}


def format_of(name: str) -> Format:
    """Return the kind of a file by its name. Raises `SheetError` for all others."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _FORMATS:
        return _FORMATS[suffix]
    known = "只认 .xlsx、.csv 和 .jsonl 文件"
    raise SheetError(_OTHERS.get(suffix, f"{known}；请另存为其中一种，再试一次。"))


def refuse_size(size: int) -> None:
    """Raise `SheetError` for an empty file and one above the limit; `size` in bytes, known before reading."""
    if size > MOST_BYTES:
        shown = f"{size / 1024 / 1024:.1f}"
        raise SheetError(f"文件有 {shown} MB，最多 {MOST_BYTES // 1024 // 1024} MB；请分成几份，再导入。")
    if size == 0:
        raise SheetError("文件是空的；请选有内容的文件，再导入。")
