"""An entry answers only when it is published and in force: denied by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from knowledge.entries import Entry, EntryState

TODAY = date(2026, 11, 23)
ENTRY = Entry("a", "问", "答", "d", "c", state="published")


@pytest.mark.parametrize("state", [state for state in get_args(EntryState) if state != "published"])
def test_nothing_but_a_published_entry_answers(state: EntryState) -> None:
    assert not replace(ENTRY, state=state).answers_on(TODAY)


@pytest.mark.parametrize(
    ("begin", "end", "answers"),
    [
        (None, None, True),
        (TODAY, None, True),
        (date(2026, 11, 24), None, False),
        (None, TODAY, True),
        (None, date(2026, 11, 22), False),
    ],
)
def test_the_days_at_both_ends_count(begin: date | None, end: date | None, answers: bool) -> None:  # noqa: FBT001
    assert replace(ENTRY, valid_from=begin, valid_until=end).answers_on(TODAY) is answers
