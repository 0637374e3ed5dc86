"""The life of an entry: every state with every action, four eyes, and what citizens get meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from knowledge import editorial
from knowledge.dossiers import STATE_NAMES, TRANSITIONS, Action, EditorialError, allowed
from knowledge.entries import EntryState
from tests.unit.knowledge.desk import (
    ENTRY,
    LI,
    NOW,
    TODAY,
    TOMORROW,
    WANG,
    ZHAO,
    act,
    copy_in_state,
    in_state,
    walk,
)

STATES: tuple[EntryState, ...] = get_args(EntryState)
ACTIONS: tuple[Action, ...] = tuple(each for each in get_args(Action) if each not in {"create", "import"})
# One column a state, in the order of the type: draft, in review, changes wanted, ready, scheduled, published,
# expired, withdrawn; a letter is the state after it, by the same order.
GRID = """
edit             d.cd.ddd
restore          d.cd.ddd
discard          w.w.....
submit           r.r.....
recall           .d.dd...
request_changes  .c.cc...
approve          .y......
schedule         ...ss...
unschedule       ....y...
publish          ...pp...
confirm          .r.ysp..
review           .....p..
withdraw         .....w..
expire           .....e..
"""
LETTERS: dict[str, EntryState] = dict(zip("drcyspew", STATES, strict=True))
EXPECTED = {
    (name, state): None if letter == "." else LETTERS[letter]
    for name, letters in (line.split() for line in GRID.split("\n") if line)
    for state, letter in zip(STATES, letters, strict=True)
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state(action: Action, state: EntryState) -> None:
    dossier, expected = in_state(state), EXPECTED[action, state]
    assert dossier.state == state
    if expected is None:
        with pytest.raises(EditorialError) as refused:
            act(dossier, action, ZHAO)
        assert str(refused.value).endswith("。")
        assert refused.value.reason in {"state", "not_live"}
    else:
        step = act(dossier, action, ZHAO)
        assert step.after.state == expected
        assert (step.before, step.after.token) == (dossier, dossier.token + 1)
        assert (step.revision.number, step.revision.action) == (step.after.token, action)


def test_the_table_names_every_action_and_no_other() -> None:
    assert set(TRANSITIONS) == set(ACTIONS)
    assert set(STATE_NAMES) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_buttons_are_what_is_allowed(state: EntryState) -> None:
    fits = {name for (name, before), after in EXPECTED.items() if before == state and after} - {"expire"}
    assert set(allowed(in_state(state))) == fits


@pytest.mark.parametrize("state", ["draft", "in_review", "changes_wanted", "ready", "scheduled"])
@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_published_keeps_answering_while_a_copy_is_in_work(action: Action, state: EntryState) -> None:
    dossier = copy_in_state(state)
    assert dossier.state == state
    assert dossier.answering is not None
    assert dossier.answering.answer == ENTRY.answer
    try:
        after = act(dossier, action, ZHAO).after
    except EditorialError:
        return
    if action == "publish":
        assert after.answering == after.entry
        assert after.entry.answer == "请到 5 号窗口。"
    elif action in {"withdraw", "expire"}:
        assert after.answering is None
        assert after.entry == dossier.entry, "the copy is not withdrawn with it"
    else:
        assert after.answering == dossier.answering


@pytest.mark.parametrize("writer", [WANG, LI])
def test_nobody_approves_words_of_their_own(writer: str) -> None:
    dossier = in_state("draft")
    dossier = editorial.edit(dossier, replace(ENTRY, answer="新"), LI, now=NOW).after
    dossier = act(dossier, "submit", ZHAO).after
    with pytest.raises(EditorialError, match="换一位同事审核") as refused:
        editorial.approve(dossier, writer, now=NOW)
    assert refused.value.reason == "four_eyes"
    assert editorial.approve(dossier, ZHAO, now=NOW).after.approved_by == ZHAO


def test_four_eyes_count_from_the_last_publication() -> None:
    """Who wrote the version before may approve this one; who wrote it, or dropped a draft of it, may not."""
    dossier = editorial.edit(in_state("published"), replace(ENTRY, answer="二"), LI, now=NOW).after
    dossier = walk(dossier, ("discard",), LI)
    dossier = editorial.edit(dossier, replace(ENTRY, answer="三"), ZHAO, now=NOW).after
    dossier = act(dossier, "submit", ZHAO).after
    for writer in (LI, ZHAO):
        with pytest.raises(EditorialError, match="同事"):
            editorial.approve(dossier, writer, now=NOW)
    assert editorial.approve(dossier, WANG, now=NOW).after.state == "ready"


def test_an_edit_makes_approval_confirmation_and_schedule_void() -> None:
    dossier = walk(in_state("ready"), ("confirm",), ZHAO)
    assert (dossier.approved_by, dossier.confirmed_by) == (LI, ZHAO)
    after = editorial.edit(dossier, replace(ENTRY, answer="改"), WANG, now=NOW).after
    assert (after.state, after.approved_by, after.confirmed_by) == ("draft", "", "")
    recalled = walk(in_state("scheduled"), ("recall",))
    assert (recalled.publish_at, recalled.approved_by) == (None, "")


def test_taking_back_the_moment_keeps_the_approval() -> None:
    scheduled = in_state("scheduled")
    assert scheduled.publish_at == TOMORROW
    ready = act(scheduled, "unschedule").after
    assert (ready.state, ready.publish_at, ready.approved_by) == ("ready", None, LI)


def test_versions_count_publications() -> None:
    dossier = in_state("published")
    for number in range(1, 4):
        assert dossier.entry.version == number
        assert dossier.live == dossier.entry
        copy = editorial.edit(dossier, replace(ENTRY, answer=f"第 {number}"), WANG, now=NOW).after
        assert (copy.entry.version, copy.live) == (number + 1, dossier.live)
        dossier = walk(copy, ("submit", "approve", "publish"))


def test_restoring_goes_through_review_and_keeps_what_was_there() -> None:
    old = editorial.create(ENTRY, WANG, now=NOW).revision
    dossier = copy_in_state("published")
    step = editorial.restore(dossier, old, LI, now=NOW)
    assert (step.after.state, step.after.entry.answer) == ("draft", ENTRY.answer)
    assert (step.after.entry.version, step.after.writers) == (3, (LI,))
    assert step.after.live == dossier.live
    assert step.revision.note == "恢复第 1 次改动后的内容"
    with pytest.raises(EditorialError, match="不是这一条的"):
        editorial.restore(dossier, replace(old, entry_id="other"), LI, now=NOW)


def test_what_is_discarded_stands_in_the_history() -> None:
    copy = copy_in_state("draft")
    step = act(copy, "discard")
    assert step.after.entry == step.after.live == copy.live
    assert step.revision.entry == copy.entry
    assert not step.changes_live
    never_out = act(in_state("draft"), "discard")
    assert (never_out.after.state, never_out.after.live) == ("withdrawn", None)


def test_an_overdue_version_is_not_published() -> None:
    over = replace(ENTRY, valid_until=TODAY - timedelta(days=1))
    with pytest.raises(EditorialError, match="有效期到 2026年11月22日为止"):
        act(in_state("ready", over), "publish")
    last_day = in_state("ready", replace(ENTRY, valid_until=TODAY))
    assert act(last_day, "publish").after.state == "published"
    with pytest.raises(EditorialError, match="有效期"):
        editorial.schedule(last_day, LI, now=NOW, at=TOMORROW)


def test_days_are_counted_in_beijing() -> None:
    """At 16:00 UTC it is the next day in the hall."""
    dossier = in_state("ready", replace(ENTRY, valid_until=TODAY))
    with pytest.raises(EditorialError, match="有效期"):
        editorial.publish(dossier, LI, now=NOW.replace(hour=16))
    published = act(dossier, "publish").after
    with pytest.raises(EditorialError, match="还在有效期内"):
        editorial.expire(published, now=NOW.replace(hour=15, minute=59))
    assert editorial.expire(published, now=NOW.replace(hour=16)).after.state == "expired"


def test_what_a_step_needs_is_asked_for() -> None:
    review, published = in_state("in_review"), in_state("published")
    with pytest.raises(EditorialError, match="写明要改什么"):
        editorial.request_changes(review, LI, now=NOW, note="  ")
    with pytest.raises(EditorialError, match="为什么撤下"):
        editorial.withdraw(published, LI, now=NOW, note="\n")
    with pytest.raises(EditorialError, match="时间已经过了"):
        editorial.schedule(in_state("ready"), LI, now=NOW, at=NOW)
    with pytest.raises(EditorialError, match="今天以后"):
        editorial.mark_reviewed(published, LI, now=NOW, next_on=TODAY)
    with pytest.raises(EditorialError, match="没有变化"):
        editorial.edit(published, ENTRY, LI, now=NOW)
    with pytest.raises(EditorialError, match="编号不能改"):
        editorial.edit(published, replace(ENTRY, id="other"), LI, now=NOW)


def test_a_review_moves_the_date_of_what_is_live_too() -> None:
    step = editorial.mark_reviewed(in_state("published"), LI, now=NOW, next_on=date(2027, 6, 1))
    assert step.after.live == step.after.entry
    assert step.after.entry.review_on == date(2027, 6, 1)
    assert step.changes_live


@pytest.mark.parametrize("state", ["expired", "withdrawn"])
def test_what_is_out_of_use_can_be_taken_up_as_it_was(state: EntryState) -> None:
    """Whoever wanted a withdrawn entry back was told that nothing had changed."""
    step = editorial.edit(in_state(state), ENTRY, WANG, now=NOW)
    assert (step.after.state, step.after.writers) == ("draft", (WANG,))
