"""Decisions are remembered, and are the same as without a memory."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.snapshot import LONGEST_REMEMBERED, Snapshot, build
from tests.running import SMALL_HALL


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build(1, SMALL_HALL, date(2026, 11, 23))


@pytest.mark.parametrize(
    "text", ["社保卡丢了怎么补办", "多少钱", "那外地人呢", "宇宙飞船驾照", "", "养老金几号发"]
)
@pytest.mark.parametrize("context", [None, "card-lost", "pension", "gone"])
def test_what_is_remembered_is_what_would_be_decided(
    snapshot: Snapshot, text: str, context: str | None
) -> None:
    decided = snapshot.index.decide(text, context=context)
    assert snapshot.decide(text, context=context) == decided
    assert snapshot.decide(text, context=context) == decided


def test_a_question_that_says_enough_is_decided_once_whatever_was_asked_before(snapshot: Snapshot) -> None:
    text = "社保卡丢了怎么补办"
    assert snapshot.decide(text, context="pension") is snapshot.decide(text)
    assert snapshot.decide(text, context="card-lost") is snapshot.decide(text)


def test_a_follow_up_is_decided_for_each_matter_it_may_follow(snapshot: Snapshot) -> None:
    after_card, after_pension = (
        snapshot.decide("那多少钱呢", context=context) for context in ("card-lost", "pension")
    )
    assert after_card != after_pension
    assert snapshot.decide("那多少钱呢", context="card-lost") is after_card


def test_a_long_text_is_not_kept(snapshot: Snapshot) -> None:
    text = "我".ljust(LONGEST_REMEMBERED + 1, "说")
    assert snapshot.decide(text) is not snapshot.decide(text)
