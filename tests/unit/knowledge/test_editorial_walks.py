"""Any walk through the life of an entry, imports in between: nothing is lost, two see what goes out."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from knowledge import editorial
from knowledge.adoption import adopt
from knowledge.dossiers import Action, Dossier, EditorialError, Revision, content_of
from tests.unit.knowledge.desk import ENTRY, LI, NOW, WANG, ZHAO, act, copy_in_state, in_state

MOVES = st.sampled_from(
    [each for each in get_args(Action) if each not in {"create", "import", "edit"}] + ["gone", "brought"]
)
WRITES = st.integers(0, 5)
STEPS = st.lists(st.tuples(st.sampled_from([WANG, LI, ZHAO]), MOVES | WRITES), max_size=40)


def _take(dossier: Dossier, move: Action | int | str, by: str) -> tuple[Dossier, Revision | None]:
    if isinstance(move, int):
        changed = replace(ENTRY, answer=f"{by} 写的第 {move} 版")
        step = editorial.edit(dossier, changed, by, now=NOW)
    elif move in {"gone", "brought"}:
        found = None if move == "gone" else replace(ENTRY, answer=f"导入 {dossier.token}", state="published")
        adopted = adopt(dossier, found, now=NOW)
        if adopted is None:
            return dossier, None
        step = adopted
    else:
        step = act(dossier, move, by)  # type: ignore[arg-type]  # the rest are actions
    return step.after, step.revision


@given(STEPS)
def test_whatever_happens(steps: list[tuple[str, Action | int | str]]) -> None:
    first = editorial.create(ENTRY, WANG, now=NOW)
    dossier, revisions = first.after, [first.revision]
    writers: dict[str, set[str]] = {}
    for by, move in steps:
        before = dossier
        try:
            dossier, revision = _take(dossier, move, by)
        except EditorialError:
            continue
        if revision is None:
            continue
        revisions.append(revision)
        if isinstance(move, int):
            writers.setdefault(dossier.entry.answer, set()).add(by)
        if dossier.live != before.live:
            assert move in {"publish", "withdraw", "expire", "review", "gone", "brought"}
        if move == "approve":
            assert by not in writers.get(dossier.entry.answer, {WANG} if dossier.entry == ENTRY else set())
        if move == "publish":
            assert dossier.approved_by not in {"", *writers.get(dossier.entry.answer, set())}
    numbers = [revision.number for revision in revisions]
    assert numbers == list(range(1, dossier.token + 1))
    kept = {revision.entry.answer for revision in revisions}
    assert set(writers) <= kept
    assert dossier.entry.answer in kept
    assert dossier.live is None or dossier.live.answer in kept
    assert dossier.in_work or dossier.live is None or dossier.entry.answer == dossier.live.answer


def test_a_hall_that_was_seeded_needs_no_clerk() -> None:
    seeded = adopt(None, replace(ENTRY, state="published", version=4), now=NOW)
    assert seeded is not None
    assert (seeded.before, seeded.after.state, seeded.after.writers) == (None, "published", ())
    assert seeded.after.live == seeded.after.entry
    assert adopt(seeded.after, seeded.after.live, now=NOW) is None
    assert adopt(None, None, now=NOW) is None


def test_reviews_of_elsewhere_mean_nothing_here() -> None:
    """A file that says `ready` must not pass by the four eyes."""
    for state in ("in_review", "changes_wanted", "ready", "scheduled"):
        brought = adopt(None, replace(ENTRY, state=state), now=NOW)
        assert brought is not None
        assert brought.after.state == "draft"
        assert brought.after.answering is None


def test_an_import_replaces_what_nobody_works_on() -> None:
    found = replace(ENTRY, answer="导入的", state="published", version=7)
    step = adopt(in_state("published"), found, now=NOW)
    assert step is not None
    assert step.after.entry == step.after.live == found
    assert step.revision.entry == found


def test_an_import_keeps_a_copy_in_work_and_takes_its_approval() -> None:
    found = replace(ENTRY, answer="导入的", state="published", version=7)
    for state in ("in_review", "ready", "scheduled"):
        copy = copy_in_state(state)
        step = adopt(copy, found, now=NOW)
        assert step is not None
        assert content_of(step.after.entry) == content_of(copy.entry)
        assert (step.after.state, step.after.approved_by, step.after.publish_at) == (
            "changes_wanted",
            "",
            None,
        )
        assert "请对照" in step.after.note
        assert (step.after.live, step.revision.entry) == (found, found)
        assert step.after.entry.version == 8


def test_a_replace_without_the_entry_keeps_it_at_the_desk() -> None:
    at_rest = adopt(in_state("published"), None, now=NOW)
    assert at_rest is not None
    assert (at_rest.after.state, at_rest.after.live) == ("withdrawn", None)
    assert at_rest.after.entry.answer == ENTRY.answer
    in_work = adopt(copy_in_state("draft"), None, now=NOW)
    assert in_work is not None
    assert (in_work.after.state, in_work.after.entry.answer) == ("draft", "请到 5 号窗口。")


def test_importing_the_very_words_in_work_settles_them() -> None:
    copy = copy_in_state("in_review")
    step = adopt(copy, replace(copy.entry, state="published"), now=NOW)
    assert step is not None
    assert (step.after.state, step.after.writers) == ("published", ())
