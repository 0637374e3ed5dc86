"""The hall's hours, as clerks wrote them down, made into a calendar to count with."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from helpdesk.calendar import BEIJING, Calendar
from knowledge.hall import Hall
from knowledge.hours import Hours, SpecialDay, minutes_of

_WEEKDAYS = "一二三四五六日"


def calendar_of(hall: Hall, department: str = "") -> Calendar:
    """The calendar of a department, or of the hall."""
    return _calendar(hall.hours_for(department))


def _calendar(hours: Hours) -> Calendar:
    usual = minutes_of(hours.periods)
    own = {6: minutes_of(hours.saturday), 7: minutes_of(hours.sunday)}
    week = tuple(own.get(day) or (usual if day in hours.weekdays else ()) for day in range(1, 8))
    special = {day: minutes_of(each.periods) for each in hours.special for day in _days(each)}
    return Calendar(week, national=hours.national, special=special)


def _days(special: SpecialDay) -> list[date]:
    last = special.until or special.day
    return [special.day + timedelta(days=number) for number in range((last - special.day).days + 1)]


def spoken(moment: datetime, now: datetime) -> str:
    """A moment as one says it: `今天 14:30`, `明天 9:30`, `11月30日（周一）9:30`."""
    there, here = moment.astimezone(BEIJING), now.astimezone(BEIJING)
    clock = f"{there.hour}:{there.minute:02d}"
    away = (there.date() - here.date()).days
    if away in {0, 1}:
        return f"{'今天' if away == 0 else '明天'} {clock}"
    return f"{there.month}月{there.day}日（周{_WEEKDAYS[there.weekday()]}）{clock}"
