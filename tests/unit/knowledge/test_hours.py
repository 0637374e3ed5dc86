from __future__ import annotations

from datetime import date

import pytest

from knowledge.files import HALL
from knowledge.hall import Department, Hall
from knowledge.hours import Hours, SpecialDay, hours_in_words, minutes_of


def test_hours_are_read_out_of_the_words_of_a_hall_that_has_no_others() -> None:
    words = "周一至周五 8:30—12:00、14:30—17:30（法定节假日除外）"
    assert hours_in_words(words) == Hours()
    assert hours_in_words("周一到周六 9:00至17:00").weekdays == (1, 2, 3, 4, 5, 6)
    assert hours_in_words("周一到周六 9:00至17:00").periods == ("9:00-17:00",)
    assert hours_in_words("工作时间请来电") == Hours()
    assert hours_in_words("周一至周五 9:00-17:00，周六 9:00-12:00") == Hours()


def test_a_department_goes_before_the_hall_and_structure_before_words() -> None:
    own = Hours(periods=("10:00-11:00",))
    hall = Hall(
        name="厅",
        address="",
        phone="",
        hours="周一至周五 9:00—17:00",
        departments=(Department("a", "甲", calendar=own), Department("b", "乙")),
    )
    assert hall.hours_for("a") == own
    assert hall.hours_for("b").periods == ("9:00-17:00",)
    assert hall.hours_for("unknown") == hall.hours_for()


def test_a_hall_of_an_older_version_loads_and_a_calendar_is_checked() -> None:
    old = {"name": "厅", "address": "a", "phone": "1", "hours": "周一至周五"}
    assert HALL.validate_python(old).calendar is None
    special = [{"day": "2026-12-01", "until": "2026-12-03", "note": "搬迁"}]
    new = HALL.validate_python({**old, "calendar": {"saturday": ["9:00-12:00"], "special": special}})
    assert new.calendar == Hours(
        saturday=("9:00-12:00",), special=(SpecialDay(date(2026, 12, 1), date(2026, 12, 3), note="搬迁"),)
    )
    with pytest.raises(ValueError, match="8:30-12:00"):
        HALL.validate_python({**old, "calendar": {"periods": ["上午"]}})


@pytest.mark.parametrize(
    "periods", [("12:00-9:00",), ("9:00-12:00", "11:00-13:00"), ("9:00-24:01",), ("9-12",)]
)
def test_periods_that_can_not_be_meant_are_refused(periods: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"period|end"):
        minutes_of(periods)


def test_days_and_weekdays_that_can_not_be_meant_are_refused() -> None:
    with pytest.raises(ValueError, match="before"):
        SpecialDay(date(2026, 12, 3), date(2026, 12, 1))
    with pytest.raises(ValueError, match="year"):
        SpecialDay(date(2026, 12, 3), date(2029, 12, 1))
    with pytest.raises(ValueError, match="Monday"):
        Hours(weekdays=(0,))
    with pytest.raises(ValueError, match="reply_minutes"):
        Hours(reply_minutes=0)
