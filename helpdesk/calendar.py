"""The working calendar: when people are at work, and how much working time lies between two moments. Pure.

Which days are holidays and which weekends are worked instead (调休) the State Council announces each autumn
for the next year; the package `chinesecalendar` follows with a release. For years it doesn't know only the
holidays that stand in the law with their date count, and `unknown_years` says so.

All moments are aware; days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final, Literal

import chinese_calendar

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
LOOK_AHEAD_DAYS: Final = 400
"""A calendar that has no hour within this time has none at all."""

FIXED_HOLIDAYS: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the holidays that are the same each year by the solar calendar.

全国年节及纪念日放假办法, as revised in 2024.
"""

SUNDAY: Final = 7
DayKind = Literal["plain", "holiday", "make_up"]
Hours = tuple[tuple[int, int], ...]
"""Periods of a day in minutes after midnight, one after another."""
CLOSED: Final[Hours] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours of a week, the national calendar where it counts, and days that differ."""

    week: tuple[Hours, ...]
    """Seven days, Monday first."""
    national: bool = True
    special: Mapping[date, Hours] = field(default_factory=dict)
    """Goes before everything else; no periods: closed."""

    def __post_init__(self) -> None:
        """Refuse a week that is none. Raises `ValueError`."""
        if len(self.week) != SUNDAY:
            raise ValueError("a week has seven days")

    def hours(self, day: date) -> Hours:
        """Hours of one day."""
        if day in self.special:
            return self.special[day]
        usual = self.week[day.weekday()]
        match day_kind(day) if self.national else "plain":
            case "holiday":
                return CLOSED
            case "make_up":
                return usual or next((hours for hours in self.week if hours), CLOSED)
            case _:
                return usual

    def is_open(self, moment: datetime) -> bool:
        """Whether people are at work; the first moment of a period counts, its end doesn't."""
        return any(begin <= moment < end for begin, end in self._periods(moment, days=1))

    def next_open(self, moment: datetime) -> datetime | None:
        """The moment itself when people are at work, else when they come next; None: never."""
        for begin, end in self._periods(moment):
            if moment < end:
                return max(begin, moment)
        return None

    def closes(self, moment: datetime) -> datetime | None:
        """When the period that runs, or the next one, ends; None: never open."""
        return next((end for _, end in self._periods(moment) if moment < end), None)

    def add_working(self, moment: datetime, minutes: int) -> datetime | None:
        """When so many working minutes have passed; None: never."""
        left = timedelta(minutes=minutes)
        for begin, end in self._periods(moment):
            start = max(begin, moment)
            if start >= end:
                continue
            if left <= end - start:
                return start + left
            left -= end - start
        return None

    def working_minutes(self, since: datetime, until: datetime) -> float:
        """Working minutes between two moments; none when the second comes first."""
        if until <= since:
            return 0.0
        passed = timedelta()
        for begin, end in self._periods(since, days=(until - since).days + 2):
            passed += max(min(end, until) - max(begin, since), timedelta())
        return passed / timedelta(minutes=1)

    def _periods(self, moment: datetime, days: int = LOOK_AHEAD_DAYS) -> Iterator[tuple[datetime, datetime]]:
        first = moment.astimezone(BEIJING).date()
        for number in range(days):
            day = first + timedelta(days=number)
            midnight = datetime.combine(day, time(), BEIJING)
            for begin, end in self.hours(day):
                yield midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)


@lru_cache(maxsize=4096)
def day_kind(day: date) -> DayKind:
    """What the State Council made of a day: a holiday, a weekend that is worked, or neither."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the package has no data for this year
        return "holiday" if (day.month, day.day) in FIXED_HOLIDAYS else "plain"
    if name is None:
        return "plain"
    return "holiday" if off else "make_up"


def unknown_years(today: date) -> tuple[int, ...]:
    """Years that concern us now and are not in the package; the next one counts from December on."""
    years = (today.year, today.year + 1) if today.month == _DECEMBER else (today.year,)
    return tuple(year for year in years if not _known(year))


_DECEMBER: Final = 12
"""The announcement comes in November; from December on its absence matters."""


def _known(year: int) -> bool:
    try:
        chinese_calendar.get_holiday_detail(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True
