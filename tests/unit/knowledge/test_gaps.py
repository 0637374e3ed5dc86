"""Gaps on the sample hall: grouped, counted, and silent once a clerk has decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.gaps import Gap, GapDecision, Missed, decision_on, gaps_of
from knowledge.snapshot import Snapshot, build

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FOSSIL = ("恐龙化石怎么修补", "恐龙化石怎么修补？", "请问恐龙化石怎么修补呢", "恐龙化石怎样修补")
LOST = "身份证丢了怎么补"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build(1, read_folder(SAMPLE_FOLDER), date(2026, 11, 23))


def _missed(*texts: str, at: datetime = NOW - DAY, entry: str = "") -> list[Missed]:
    return [Missed(text, at, entry) for text in texts]


def _gaps(
    snapshot: Snapshot, missed: list[Missed], *decisions: GapDecision, now: datetime = NOW
) -> list[Gap]:
    return gaps_of(missed, snapshot, decisions, now=now)


def test_gaps_are_counted_by_week_and_the_most_frequent_stands_first(snapshot: Snapshot) -> None:
    old = _missed("养蜂补贴怎么领", at=NOW - 8 * DAY) + _missed("养蜂补贴怎么领", at=NOW - 27 * DAY)
    fossil, bees = _gaps(snapshot, [*_missed(*FOSSIL), *old])
    assert (fossil.count, fossil.useless, fossil.trend) == (4, 0, (0, 0, 0, 4))
    assert fossil.examples[0] == FOSSIL[0]
    assert fossil.last_at == NOW - DAY
    assert (bees.count, bees.trend) == (2, (1, 0, 1, 0))
    assert fossil.id != bees.id


def test_the_department_is_that_of_the_nearest_entry(snapshot: Snapshot) -> None:
    nearest = snapshot.decide(LOST).evidence.ranked[0].id
    (gap,) = _gaps(snapshot, _missed(LOST))
    assert (gap.entry_id, gap.department) == (nearest, snapshot.entries[nearest].department)
    assert gap.proposal == "alternate"


def test_an_answer_that_was_no_use_is_to_be_mended(snapshot: Snapshot) -> None:
    entry = "birth-registration"
    (gap,) = _gaps(snapshot, [*_missed(LOST, LOST, entry=entry), *_missed(LOST)])
    assert (gap.proposal, gap.entry_id, gap.count, gap.useless) == ("mend", entry, 3, 2)
    assert gap.department == snapshot.entries[entry].department


def test_what_was_ignored_stays_ignored_also_in_a_like_wording(snapshot: Snapshot) -> None:
    (gap,) = _gaps(snapshot, _missed(*FOSSIL))
    ignored = decision_on(gap, "ignored", "wang", now=NOW, note=" 与大厅无关 ")
    assert ignored.note == "与大厅无关"
    later = [
        *_missed("我想问恐龙化石怎么修补", "恐龙化石该怎么修补", at=NOW + DAY),
        *_missed("养蜂补贴怎么领"),
    ]
    assert [each.examples for each in _gaps(snapshot, later, ignored, now=NOW + DAY)] == [("养蜂补贴怎么领",)]
    assert len(_gaps(snapshot, later, now=NOW + DAY)) == 2


def test_what_was_taken_shows_again_only_when_it_is_asked_again(snapshot: Snapshot) -> None:
    before = _missed(*FOSSIL)
    (gap,) = _gaps(snapshot, before)
    taken = decision_on(gap, "taken", "wang", now=NOW, entry_id="fossils")
    assert _gaps(snapshot, before, taken) == []
    again = _missed(FOSSIL[1], at=NOW + DAY)
    (back,) = _gaps(snapshot, [*before, *again], taken, now=NOW + DAY)
    assert (back.count, back.taken) == (1, taken)


def test_of_two_decisions_the_later_one_counts(snapshot: Snapshot) -> None:
    (gap,) = _gaps(snapshot, _missed(FOSSIL[0]))
    taken = decision_on(gap, "taken", "wang", now=NOW - 3 * DAY, entry_id="fossils")
    ignored = replace(decision_on(gap, "ignored", "li", now=NOW - 2 * DAY), id="other")
    assert _gaps(snapshot, _missed(FOSSIL[0]), ignored, taken) == []


def test_long_numbers_are_not_kept_with_a_decision(snapshot: Snapshot) -> None:
    asked = _missed("我的恐龙蛋编号 13812345678 在哪里查", "我的恐龙蛋编号 13987654321 在哪里查")
    (gap,) = _gaps(snapshot, asked)
    ignored = decision_on(gap, "ignored", "wang", now=NOW)
    assert len(ignored.texts) == 1
    assert "13812345678" not in str(ignored.texts)
    assert _gaps(snapshot, asked, ignored) == []


def test_questions_that_say_nothing_are_no_gap(snapshot: Snapshot) -> None:
    assert _gaps(snapshot, _missed("", "？？？", "   ")) == []
