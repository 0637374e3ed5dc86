"""Which days a page of numbers is about: presets, or two dates that somebody typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from handlers.numbers import Span
from rendering.forms import Form

PRESETS: Final[Mapping[str, str]] = {"7": "近 7 天", "30": "近 30 天", "month": "本月"}
CUSTOM: Final = "custom"
MOST_DAYS: Final = 366
DAILY_UP_TO: Final = 31
"""Longer spans are drawn by weeks."""


@dataclass(frozen=True, slots=True)
class Range:
    """A span and how it was chosen."""

    span: Span
    preset: str
    form: Form = field(default_factory=Form)
    """What was typed, with what is wrong about it."""

    @property
    def query(self) -> dict[str, str]:
        """The same choice in an address."""
        if self.preset != CUSTOM:
            return {"range": self.preset}
        return {"from": self.span.first.isoformat(), "to": self.span.last.isoformat()}

    @property
    def weekly(self) -> bool:
        """Whether a chart has a bar for each week instead of each day."""
        return self.span.length > DAILY_UP_TO

    @property
    def problem(self) -> str:
        """What is wrong with the dates."""
        return next(iter(self.form.problems.values()), "")


def chosen(query: Mapping[str, str], today: date) -> Range:
    """Read a range from an address; wrong dates are named and the last seven days shown instead."""
    preset = query.get("range", "")
    if preset in PRESETS or not (query.get("from") or query.get("to")):
        preset = preset if preset in PRESETS else "7"
        return Range(_preset(preset, today), preset)
    form = Form.filled(**{"from": query.get("from", ""), "to": query.get("to", "")})
    first, last = form.day("from", "起始日期"), form.day("to", "结束日期")
    if not form.problems:
        if first is None or last is None:
            form.problems["from"] = "请把起始日期和结束日期都填上"
        elif first > last:
            form.problems["from"] = "起始日期不能晚于结束日期"
        elif first > today:
            form.problems["from"] = "起始日期还没有到"
        elif (last - first).days >= MOST_DAYS:
            form.problems["from"] = f"一次最多看 {MOST_DAYS} 天"
        elif first.year < 2000:  # noqa: PLR2004 - before this hall, and far from the calendar's edge
            form.problems["from"] = "起始日期太早了"
        else:
            return Range(Span(first, min(last, today)), CUSTOM, form)
    return Range(_preset("7", today), "7", form)


def _preset(preset: str, today: date) -> Span:
    if preset == "month":
        return Span(today.replace(day=1), today)
    return Span(today - timedelta(days=int(preset) - 1), today)


def week_of(day: date, span: Span) -> date:
    """The first day of a day's week that lies in the span."""
    return max(span.first, day - timedelta(days=day.weekday()))
