"""Tables as CSV files that a spreadsheet opens at a double click, and in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from aiohttp import web

from rendering.templating import SECURITY_HEADERS

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a cell as a formula (OWASP: CSV injection); wide forms in Chinese Excel."""
BOM: Final = "\ufeff"
"""Without it Excel takes the file for GBK."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]) -> str:
    """Write a table; a text that could be a formula gets an apostrophe in front, numbers stay numbers."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([_cell(each) for each in header])
    writer.writerows([_cell(each) for each in row] for row in rows)
    return BOM + written.getvalue()


def csv_file(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]
) -> web.Response:
    """Answer with a table to be saved as `name`.csv."""
    return web.Response(
        text=csv_text(header, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={
            **SECURITY_HEADERS,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.csv",
            "Cache-Control": "no-store",
        },
    )


def _cell(value: str | int | float | None) -> str | int | float:  # noqa: PYI041 - a cell says which it is
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_SIGNS) else value
