r"""How a value stands in a cell, and how it is read back: loss-free, and forgiving to what people type.

Text stands as it is. What a cell can't carry faithfully, or what reading would tidy away (control
characters, carriage returns, blanks at the ends, a leading quotation mark), is written as a JSON string in
quotation marks with `\u` escapes. Reading takes a text for such a string only if writing its value gives the
very same text again, so that nothing typed by hand is taken for one.

Lists stand one item a line; links and bases as `标题 | 网址`, or as a JSON list where a part holds a bar.
Each kind has `write(value) -> Cell` and `read(cell) -> value`; reading raises `CellError`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from knowledge.sheets.errors import CellError

Cell = str | int | float | bool | date | datetime | None
"""What stands in a cell; None or an empty text: nothing."""

DATE_FORM: Final = "日期要写成 2026-11-23"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_DATE: Final = re.compile(
    r"(\d{4})(?:(\d{2})(\d{2})|\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?)"
    r"(?:[ T]+0{1,2}:00(?::00)?)?",
    re.ASCII,
)
_BARS: Final = re.compile(r"[|｜]")
_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,16}(?:\.\d{0,340})?|\.\d{1,340})(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LARGEST_EXACT: Final = 2**53
_YES: Final = frozenset({"是", "true", "1", "y", "yes", "√", "对"})
_NO: Final = frozenset({"否", "false", "0", "n", "no", "×", "不"})


class Kind(Protocol):
    """One way to write a value into a cell and to read it back."""

    def write(self, value: Any) -> Cell:
        """Return what stands in the cell; `read` gives the value back."""

    def read(self, cell: Cell) -> Any:
        """Return the value; raises `CellError` when the cell makes no sense."""


def text_of(cell: Cell) -> str:
    """Return any cell as text: whole numbers without a point, dates as 2026-11-23."""
    match cell:
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < _LARGEST_EXACT else repr(cell)
        case datetime():
            return str(cell).removesuffix(" 00:00:00")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands there."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def one_line(text: str) -> str:
    """Tidy a text that is one line: no blanks around it, line breaks become blanks."""
    return re.sub(r"\s*[\r\n]\s*", " ", text.strip())


def paragraphs(text: str) -> str:
    """Tidy a text of several lines: one kind of line break, nothing empty around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _as_json(value: object) -> str:
    dumped = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", dumped)


@dataclass(frozen=True, slots=True)
class Text:
    """A text, tidied by `tidy` when it was typed."""

    tidy: Callable[[str], str] = one_line

    def write(self, value: str) -> str:
        """Return the text as it is, or quoted."""
        plain = self.tidy(value) == value and not value.startswith('"') and not _CONTROL.search(value)
        return value if plain else _as_json(value)

    def read(self, cell: Cell) -> str:
        """Return what was written, or what was typed, tidied."""
        text = text_of(cell).strip()
        if text.startswith('"'):
            try:
                value = json.loads(text)
            except ValueError:
                value = None
            if isinstance(value, str) and self.write(value) == text:
                return value
        return self.tidy(text)


LINE: Final = Text()


@dataclass(frozen=True, slots=True)
class Lines:
    """Several texts, one a line; `separators` may also stand between them when people type."""

    separators: str = ""

    def write(self, value: Sequence[str]) -> str:
        """Return one line for each."""
        return "\n".join(self._item(each) for each in value)

    def _item(self, value: str) -> str:
        plain = value and not any(sign in value for sign in self.separators)
        return LINE.write(value) if plain else _as_json(value)

    def read(self, cell: Cell) -> tuple[str, ...]:
        """Return the items; empty lines don't count."""
        found: list[str] = []
        for line in paragraphs(text_of(cell)).split("\n"):
            text = line.strip()
            value = _loaded(text, str) if text.startswith('"') else None
            if value is not None and self._item(value) == text:
                found.append(value)
            else:
                found.extend(each.strip() for each in self._split(text) if each.strip())
        return tuple(found)

    def _split(self, text: str) -> list[str]:
        return re.split(f"[{re.escape(self.separators)}]", text) if self.separators else [text]


def _loaded(text: str, kind: type[Any]) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


@dataclass(frozen=True, slots=True)
class Parts:
    """Several things of a few texts each, one a line: `标题 | 网址`."""

    make: Callable[..., Any]
    take: Callable[[Any], tuple[str, ...]]
    form: str
    """How a line should look, such as `标题 | 网址`."""
    most: int
    least: int

    def write(self, value: Sequence[Any]) -> str:
        """Return one line for each."""
        return "\n".join(self._item(self.take(each)) for each in value)

    def _item(self, parts: tuple[str, ...]) -> str:
        shown = list(parts)
        while len(shown) > self.least and not shown[-1]:
            shown.pop()
        plain = all(one_line(each) == each and not _CONTROL.search(each) for each in parts)
        line = " | ".join(shown).strip()
        if plain and line[:1] not in ("[", "") and self._split(line) == parts:
            return line
        return _as_json(list(parts))

    def _split(self, line: str) -> tuple[str, ...]:
        parts = [part.strip() for part in _BARS.split(line)]
        return tuple(parts + [""] * (self.most - len(parts)))

    def read(self, cell: Cell) -> tuple[Any, ...]:
        """Return the things; raises `CellError` where a line has too few or too many parts."""
        lines = paragraphs(text_of(cell)).split("\n")
        return tuple(self.make(*self._parts(line.strip())) for line in lines if line.strip())

    def _parts(self, line: str) -> tuple[str, ...]:
        if line.startswith("["):
            parts = _loaded(line, list)
            if parts is not None and all(isinstance(each, str) for each in parts):
                value = tuple(parts)
                if len(value) == self.most and self._item(value) == line:
                    return value
        if not self.least - 1 <= len(_BARS.findall(line)) < self.most:
            raise CellError(f"每行要写成“{self.form}”，这一行不是：{shortened(line)}")
        return self._split(line)


def shortened(text: str, most: int = 40) -> str:
    """Cut a text for a message."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few things, shown by their Chinese names; their ids are read too."""

    names: Mapping[Any, str]
    """Chinese names by id."""

    def write(self, value: str) -> str:
        """Return the name."""
        return self.names[value]

    def read(self, cell: Cell) -> str:
        """Return the id of a name."""
        text = text_of(cell).strip()
        for value, name in self.names.items():
            if text in (value, name):
                return str(value)
        raise CellError(f"只能填{'、'.join(self.names.values())}，不能填“{shortened(text)}”")


@dataclass(frozen=True, slots=True)
class YesNo:
    """是 or 否."""

    def write(self, value: bool) -> str:  # noqa: FBT001 - a value, not a switch
        """Return 是 or 否."""
        return "是" if value else "否"

    def read(self, cell: Cell) -> bool:
        """Return what 是, 否 and their usual other forms mean."""
        text = text_of(cell).strip().lower()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise CellError("只能填是或否")


@dataclass(frozen=True, slots=True)
class Day:
    """A date or nothing."""

    def write(self, value: date | None) -> Cell:
        """Return the date itself."""
        return value

    def read(self, cell: Cell) -> date | None:
        """Read real dates and the usual ways to type one."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        text = text_of(cell).strip()
        if not text:
            return None
        found = _DATE.fullmatch(text)
        if found is None:
            raise CellError(f"{DATE_FORM}，不能写成“{shortened(text)}”")
        year, *rest = (int(part) for part in found.groups() if part)
        try:
            return date(year, *rest)
        except ValueError:
            raise CellError(f"没有“{text}”这一天，{DATE_FORM}") from None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` on."""

    least: int = 1

    def write(self, value: int) -> Cell:
        """Return the number, as text where Excel would round it."""
        return value if abs(value) < _LARGEST_EXACT else str(value)

    def read(self, cell: Cell) -> int:
        """Return the number."""
        text = text_of(cell).strip()
        if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < self.least:
            raise CellError(f"要写成整数，从 {self.least} 开始，不能写成“{shortened(text)}”")
        return int(text)


@dataclass(frozen=True, slots=True)
class Share:
    """A number from 0 to 1, or nothing; 80% is read too."""

    def write(self, value: float | None) -> Cell:
        """Return the number, as text where a sheet would round it."""
        if value is None:
            return None
        return value if math.isfinite(value) and float(f"{value:.15g}") == value else repr(value)

    def read(self, cell: Cell) -> float | None:
        """Return the number."""
        text = text_of(cell).strip()
        if not text:
            return None
        percent = text.endswith(("%", "％"))
        digits = text[:-1].strip() if percent else text
        value = float(digits) / (100 if percent else 1) if _is_number(digits) else math.nan
        if not 0 <= value <= 1:
            raise CellError(f"要写成 0 到 1 之间的数，如 0.8，不能写成“{shortened(text)}”")
        return value


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None
