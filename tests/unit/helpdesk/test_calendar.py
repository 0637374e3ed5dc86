from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.calendar import BEIJING, CLOSED, Calendar, Hours, day_kind, unknown_years

DAY: Hours = ((510, 720), (870, 1050))
HALL = Calendar((*(DAY,) * 5, CLOSED, CLOSED))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    "day",
    [
        "2020-01-19", "2020-10-10", "2021-09-26", "2022-01-29", "2022-10-08", "2023-04-23", "2023-06-25",
        "2024-02-04", "2024-02-18", "2024-09-14", "2025-01-26", "2025-02-08", "2025-10-11", "2026-01-04",
        "2026-02-14", "2026-05-09", "2026-10-10",
    ],
)  # fmt: skip
def test_weekends_that_are_worked_instead_have_the_hours_of_a_weekday(day: str) -> None:
    there = date.fromisoformat(day)
    assert there.weekday() >= 5
    assert day_kind(there) == "make_up"
    assert HALL.is_open(at(f"{day}T09:00"))
    assert not HALL.is_open(at(f"{day}T13:00"))


@pytest.mark.parametrize(
    "day",
    [
        "2020-01-31", "2021-02-15", "2022-02-04", "2023-01-27", "2024-02-14", "2025-02-03", "2026-02-20",
        "2020-10-08", "2021-10-07", "2023-10-06", "2024-10-07", "2025-10-08", "2026-10-07", "2026-01-02",
    ],
)  # fmt: skip
def test_weekdays_that_are_national_holidays_are_closed(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert HALL.hours(date.fromisoformat(day)) == CLOSED


def test_the_lunch_break_is_no_working_time() -> None:
    assert HALL.next_open(at("2026-11-23T12:00")) == at("2026-11-23T14:30")
    assert HALL.add_working(at("2026-11-23T11:30"), 60) == at("2026-11-23T15:00")
    assert HALL.working_minutes(at("2026-11-23T11:30"), at("2026-11-23T15:00")) == 60
    assert HALL.closes(at("2026-11-23T09:00")) == at("2026-11-23T12:00")


def test_friday_night_leads_to_monday_morning_and_the_national_day_to_its_eighth_day() -> None:
    assert HALL.next_open(at("2026-11-20T20:00")) == at("2026-11-23T08:30")
    assert HALL.next_open(at("2026-09-30T17:30")) == at("2026-10-08T08:30")
    assert HALL.add_working(at("2026-09-30T17:00"), 60) == at("2026-10-08T09:00")


def test_days_of_ones_own_go_before_the_national_calendar() -> None:
    special = {date(2026, 10, 1): ((540, 720),), date(2026, 11, 23): CLOSED}
    hall = Calendar(HALL.week, special=special)
    assert hall.is_open(at("2026-10-01T09:30"))
    assert hall.next_open(at("2026-11-23T09:00")) == at("2026-11-24T08:30")


def test_a_hall_that_never_opens_promises_nothing() -> None:
    never = Calendar((CLOSED,) * 7)
    assert never.next_open(at("2026-11-23T09:00")) is None
    assert never.add_working(at("2026-11-23T09:00"), 1) is None
    assert never.closes(at("2026-11-23T09:00")) is None
    assert never.working_minutes(at("2026-11-01T09:00"), at("2026-11-23T09:00")) == 0


def test_a_hall_may_be_open_on_holidays_and_round_the_clock() -> None:
    always = Calendar((((0, 1440),),) * 7, national=False)
    assert always.is_open(at("2026-10-01T03:00"))
    assert always.working_minutes(at("2026-10-01T00:00"), at("2026-10-02T00:00")) == 1440


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ValueError, match="seven"):
        Calendar((DAY,))


def test_a_year_without_data_keeps_the_fixed_holidays_and_is_named_from_december_on() -> None:
    assert day_kind(date(2061, 10, 3)) == "holiday"
    assert day_kind(date(2061, 10, 4)) == "plain"
    assert unknown_years(date(2026, 11, 30)) == ()
    assert unknown_years(date(2060, 12, 1)) == (2060, 2061)
    assert unknown_years(date(2061, 3, 1)) == (2061,)


@st.composite
def _hours(draw: st.DrawFn) -> Hours:
    marks = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
    return tuple(each for each in list(pairwise(marks))[::2])


_CALENDARS = st.builds(
    Calendar,
    st.tuples(*[_hours()] * 7),
    national=st.booleans(),
    special=st.dictionaries(st.dates(date(2020, 1, 1), date(2027, 12, 31)), _hours(), max_size=3),
)
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2027, 6, 1)).map(  # noqa: DTZ001 - made aware here
    lambda moment: moment.replace(microsecond=0, tzinfo=BEIJING)
)


@settings(max_examples=60, deadline=None)
@given(_CALENDARS, _MOMENTS, st.integers(1, 3000))
def test_what_is_added_is_what_has_passed(calendar: Calendar, moment: datetime, minutes: int) -> None:
    later = calendar.add_working(moment, minutes)
    if later is not None:
        assert later > moment
        assert calendar.working_minutes(moment, later) == minutes
        assert calendar.working_minutes(moment, later - timedelta(seconds=6)) == pytest.approx(minutes - 0.1)


@settings(max_examples=60, deadline=None)
@given(_CALENDARS, _MOMENTS)
def test_the_next_opening_is_open_and_nothing_is_open_before(calendar: Calendar, moment: datetime) -> None:
    opening = calendar.next_open(moment)
    assert calendar.is_open(moment) == (opening == moment)
    if opening is not None:
        assert calendar.is_open(opening)
        assert calendar.working_minutes(moment, opening) == 0
        closing = calendar.closes(moment)
        assert closing is not None
        assert closing > opening


@settings(max_examples=60, deadline=None)
@given(_CALENDARS, _MOMENTS, st.integers(0, 20000), st.integers(0, 20000))
def test_working_time_adds_up(calendar: Calendar, moment: datetime, first: int, second: int) -> None:
    middle, end = moment + timedelta(minutes=first), moment + timedelta(minutes=first + second)
    whole = calendar.working_minutes(moment, end)
    assert whole == pytest.approx(
        calendar.working_minutes(moment, middle) + calendar.working_minutes(middle, end)
    )
    assert 0 <= whole <= first + second
