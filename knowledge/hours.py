"""Opening hours as clerks write them. `helpdesk.calendar` counts with them, `handlers.hours` joins both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

Minutes = tuple[int, int]
"""From and until, in minutes after midnight."""

_PERIOD: Final = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-—–~～至到]+\s*(\d{1,2})[:：](\d{2})")
_DAYS: Final = re.compile(r"周([一二三四五六日天])\s*[-—–~～至到]+\s*周?([一二三四五六日天])")
_NUMBERS: Final = {name: number for number, name in enumerate("一二三四五六日", start=1)} | {"天": 7}
DAY_MINUTES: Final = 24 * 60
_MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day, or some days in a row, that are not as usual; goes before the national calendar."""

    day: date
    until: date | None = None
    """The last of the days; None: only `day`."""
    periods: tuple[str, ...] = ()
    """Such as `9:00-12:00`; none: closed."""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what can't be meant. Raises `ValueError`."""
        minutes_of(self.periods)
        if self.until is not None and self.until < self.day:
            raise ValueError("until must not be before day")
        if self.until is not None and (self.until - self.day).days >= _MOST_DAYS:
            raise ValueError("closed for more than a year: change the weekly hours instead")


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody answers: weekly hours, the national calendar, and days that differ."""

    periods: tuple[str, ...] = ("8:30-12:00", "14:30-17:30")
    """On a working day."""
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    """The working days of a week; Monday is 1."""
    saturday: tuple[str, ...] = ()
    """Hours of their own on Saturdays (they go before `periods`)."""
    sunday: tuple[str, ...] = ()
    national: bool = True
    """Closed on national holidays, and open on the weekends that are worked instead (调休)."""
    special: tuple[SpecialDay, ...] = ()
    reply_minutes: int = 60
    """Working minutes within which a message that was left is answered: what citizens are promised."""

    def __post_init__(self) -> None:
        """Refuse what can't be meant. Raises `ValueError`."""
        for periods in (self.periods, self.saturday, self.sunday):
            minutes_of(periods)
        if not set(self.weekdays) <= set(range(1, 8)):
            raise ValueError("weekdays must be numbers from 1 (Monday) to 7")
        if self.reply_minutes < 1:
            raise ValueError("reply_minutes must be at least 1")


def minutes_of(periods: tuple[str, ...]) -> tuple[Minutes, ...]:
    """Read periods such as `8:30-12:00`. Raises `ValueError` for what is none, or not one after another."""
    read: list[Minutes] = []
    for period in periods:
        found = _PERIOD.fullmatch(period.strip())
        if found is None:
            raise ValueError(f"{period!r} is no period; write it as 8:30-12:00")
        read.append(_span(found))
    if any(begin >= end or end > DAY_MINUTES for begin, end in read):
        raise ValueError("each period must end after it begins, and by 24:00")
    if any(before[1] > after[0] for before, after in pairwise(read)):
        raise ValueError("periods must follow one another and not overlap")
    return tuple(read)


def hours_in_words(words: str) -> Hours:
    """Read what is written for people (`周一至周五 8:30—12:00、14:30—17:30`); what isn't there is as usual.

    So that a hall without structured hours promises what it says of itself.
    """
    usual = Hours()
    read = tuple(_span(each) for each in _PERIOD.finditer(words))
    periods = tuple(f"{_clock(begin)}-{_clock(end)}" for begin, end in read)
    days = _DAYS.search(words)
    first, last = (_NUMBERS[days.group(1)], _NUMBERS[days.group(2)]) if days else (1, 5)
    try:
        return Hours(periods=periods or usual.periods, weekdays=tuple(range(first, last + 1)))
    except ValueError:  # more than one set of hours in one sentence: only a person can read that
        return usual


def _span(found: re.Match[str]) -> Minutes:
    hour, minute, last_hour, last_minute = (int(each) for each in found.groups())
    return hour * 60 + minute, last_hour * 60 + last_minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
