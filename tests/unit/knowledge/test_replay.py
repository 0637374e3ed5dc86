"""What a change of one entry does to the questions of the sample hall."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from intents.decisions import Ambiguous, Match
from knowledge.files import SAMPLE_FOLDER, GoldQuestion, Knowledge, read_folder
from knowledge.replay import Result, nearest_entries, replay, with_entry, without_entry
from knowledge.snapshot import Snapshot, build

TODAY = date(2026, 11, 23)
KNOWN = "身份证丢了怎么补"


@pytest.fixture(scope="module")
def sample() -> Knowledge:
    return read_folder(SAMPLE_FOLDER)


@pytest.fixture(scope="module")
def snapshot(sample: Knowledge) -> Snapshot:
    return build(1, sample, TODAY)


def _answering(snapshot: Snapshot, text: str) -> str:
    decision = snapshot.decide(text)
    assert isinstance(decision, Match)
    return decision.id


def test_where_no_phrasing_changes_no_question_does(sample: Knowledge, snapshot: Snapshot) -> None:
    first = sample.entries[0]  # other words in its answer could tip the balance of a question; a mark can't
    candidate = with_entry(sample, replace(first, answer=first.answer + "！", version=9))
    found = replay(snapshot, replace(candidate, gold=sample.gold[:60]), questions=[KNOWN, "  "])
    assert (found.differences, found.asked, found.left_out) == ((), 61, 0)


async def test_a_withdrawn_entry_makes_its_questions_worse(sample: Knowledge, snapshot: Snapshot) -> None:
    """Run in a thread, as the console does."""
    gone = _answering(snapshot, KNOWN)
    candidate = replace(
        without_entry(sample, gone), gold=(GoldQuestion(KNOWN, (gone,)), GoldQuestion("今天天气"))
    )
    steps: list[tuple[int, int]] = []
    found = await asyncio.to_thread(
        replay, snapshot, candidate, questions=[KNOWN], progress=lambda *step: steps.append(step)
    )
    assert (found.asked, found.count("worse"), found.count("better")) == (2, 1, 0)
    (worse,) = found.differences
    assert (worse.question, worse.expected) == (KNOWN, (gone,))
    assert worse.before == Result("answer", (gone,))
    assert gone not in worse.after.entries
    assert steps == [(1, 2), (2, 2)]


def test_a_new_alternate_makes_better_what_was_labelled_and_changed_what_was_not(
    sample: Knowledge, snapshot: Snapshot
) -> None:
    asked = "恐龙化石怎么修补"
    assert not isinstance(snapshot.decide(asked), Match)
    entry = replace(sample.entries[0], alternates=(*sample.entries[0].alternates, asked))
    candidate = replace(with_entry(sample, entry), gold=(GoldQuestion(asked, (entry.id,)),))
    (better,) = replay(snapshot, candidate).differences
    assert (better.verdict, better.after) == ("better", Result("answer", (entry.id,)))
    candidate = replace(candidate, gold=())
    (changed,) = replay(snapshot, candidate, questions=[asked]).differences
    assert (changed.verdict, changed.expected) == ("changed", None)
    (confirmed,) = replay(snapshot, candidate, confirmed=[(asked, entry.id)], questions=[asked]).differences
    assert (confirmed.verdict, confirmed.expected) == ("better", (entry.id,))


def test_worse_ones_stand_first(sample: Knowledge, snapshot: Snapshot) -> None:
    """An alternate that belongs to another entry: what was answered there is lost."""
    owner = _answering(snapshot, KNOWN)
    thief = next(each for each in sample.entries if each.id != owner)
    new = "恐龙化石怎么修补"
    taken = replace(thief, alternates=(*thief.alternates, new))
    candidate = with_entry(without_entry(sample, owner), taken)
    gold = (GoldQuestion(new, (thief.id,)), GoldQuestion(KNOWN, (owner,)))
    found = replay(snapshot, replace(candidate, gold=gold))
    assert [each.verdict for each in found.differences] == ["worse", "better"]


def test_choices_that_come_and_go_at_the_end_are_no_difference(sample: Knowledge, snapshot: Snapshot) -> None:
    text = "二孩生下来国家每年给三千六是在哪申领"
    before = snapshot.decide(text)
    assert isinstance(before, Ambiguous)
    candidate = replace(without_entry(sample, before.ids[-1]), gold=(GoldQuestion(text, (before.ids[0],)),))
    assert build(1, candidate, TODAY).decide(text) != before
    assert replay(snapshot, candidate).differences == ()
    (lost,) = replay(snapshot, replace(candidate, gold=(GoldQuestion(text, (before.ids[-1],)),))).differences
    assert lost.verdict == "worse"


def test_the_number_of_questions_is_capped_and_each_is_asked_once(
    sample: Knowledge, snapshot: Snapshot
) -> None:
    candidate = replace(sample, gold=sample.gold[:5])
    questions = [f"第 {number} 个问题" for number in range(10)]
    found = replay(snapshot, candidate, questions=[*questions, *questions], limit=8)
    assert (found.asked, found.left_out) == (8, 7)


def test_a_new_entry_is_added_and_an_old_one_replaced(sample: Knowledge) -> None:
    entry = replace(sample.entries[3], state="draft")
    assert with_entry(sample, entry).entries == sample.entries
    added = with_entry(sample, replace(entry, id="new")).entries
    assert (added[:-1], added[-1].id, added[-1].state) == (sample.entries, "new", "published")


def test_near_duplicates_are_shown_with_how_near_they_are(sample: Knowledge, snapshot: Snapshot) -> None:
    entry = sample.entries[0]
    typed = entry.alternates[0]
    near = nearest_entries(snapshot, typed)
    assert (near[0].entry_id, near[0].question, near[0].answers) == (entry.id, entry.question, True)
    assert near[0].likeness == pytest.approx(1.0)
    assert [each.likeness for each in near] == sorted((each.likeness for each in near), reverse=True)
    assert len(near) <= 5
    assert entry.id not in {each.entry_id for each in nearest_entries(snapshot, typed, except_id=entry.id)}
    assert nearest_entries(snapshot, "？！") == []
    assert nearest_entries(snapshot, "") == []
    strange = nearest_entries(snapshot, "恐龙化石怎么修补")
    assert all(each.likeness < 0.8 and not each.answers for each in strange)
