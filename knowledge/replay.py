"""Before it goes out: what a change does to known questions, and which entries a text is near to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from intents.clusters import likeness
from intents.decisions import Ambiguous, Decision, Match, NoMatch
from intents.normalise import normalise
from knowledge.entries import Entry
from knowledge.files import GoldQuestion, Knowledge
from knowledge.snapshot import Snapshot, build

LIMIT: Final = 2000
"""Questions that are asked at most, the gold ones first."""
NEAR: Final = 5
Verdict = Literal["worse", "changed", "better"]
_ORDER: Final[tuple[Verdict, ...]] = ("worse", "changed", "better")
_RIGHT, _OFFERED, _SILENT, _WRONG = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a citizen gets for a question."""

    kind: Literal["answer", "ask", "none"]
    entries: tuple[str, ...] = ()
    """The entry that answers, or those that are offered; none when the matter goes to a person."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A question whose result changes."""

    question: str
    expected: tuple[str, ...] | None
    """The right entries, empty where a person should answer; None: nobody has said what is right."""
    before: Result
    after: Result
    verdict: Verdict
    """Without a label only the loss of an answer is called worse: a new answer may be a wrong one."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of asking the questions again."""

    differences: tuple[Difference, ...]
    """Worse ones first, then changed, then better; within these in the order of the questions."""
    asked: int
    left_out: int
    """Questions beyond the limit."""

    def count(self, verdict: Verdict) -> int:
        """How many questions changed in this way."""
        return sum(1 for each in self.differences if each.verdict == verdict)


@dataclass(frozen=True, slots=True)
class Near:
    """An entry that is near to a typed text."""

    entry_id: str
    question: str
    phrasing: str
    """Its nearest phrasing."""
    likeness: float
    """0 to 1; from about 0.8 on, two texts mostly ask the same."""
    answers: bool
    """Whether citizens who ask this are answered from it already."""


def with_entry(knowledge: Knowledge, entry: Entry) -> Knowledge:
    """Return the knowledge base as it would be with this version published."""
    out = replace(entry, state="published")
    kept = tuple(out if each.id == entry.id else each for each in knowledge.entries)
    entries = kept if any(each.id == entry.id for each in knowledge.entries) else (*kept, out)
    return replace(knowledge, entries=entries)


def without_entry(knowledge: Knowledge, entry_id: str) -> Knowledge:
    """Return the knowledge base as it would be with this entry withdrawn."""
    entries = tuple(
        replace(each, state="withdrawn") if each.id == entry_id else each for each in knowledge.entries
    )
    return replace(knowledge, entries=entries)


def replay(
    current: Snapshot,
    candidate: Knowledge,
    *,
    confirmed: Iterable[tuple[str, str]] = (),
    questions: Iterable[str] = (),
    limit: int = LIMIT,
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Ask the candidate's gold questions and real ones of both, and list what changes. For a thread.

    `confirmed`: real questions with the entry whose answer was rated 有用 (`TurnStore.confirmed`).
    `questions`: real questions that nobody has labelled, the most telling first. A question is asked once.
    `progress(done, total)` is told how far it is; what it raises ends the replay.
    """
    after = build(current.revision, candidate, current.today, current.index.weights)
    wanted = list(_once(candidate.gold, confirmed, questions))
    asked, found = wanted[:limit], list[Difference]()
    for number, (text, expected) in enumerate(asked, 1):
        difference = _compare(text, expected, current.decide(text), after.decide(text))
        if difference is not None:
            found.append(difference)
        if progress is not None:
            progress(number, len(asked))
    found.sort(key=lambda each: _ORDER.index(each.verdict))
    return Replay(tuple(found), len(asked), len(wanted) - len(asked))


def nearest_entries(current: Snapshot, text: str, *, except_id: str = "", limit: int = NEAR) -> list[Near]:
    """List the entries that a typed question is near to, the most alike first: it may be there already.

    A few milliseconds; only what is published now is looked through.
    """
    reading = current.index.analyser.read(text)
    candidates = [each for each in current.index.rank(text, limit + 1) if each.id != except_id]
    if not candidates or not reading.text:
        return []
    decision = current.decide(text)
    answering = decision.id if isinstance(decision, Match) else None
    read = [current.index.analyser.read(each.phrasing) for each in candidates]
    alike = likeness(reading.text, reading.core, [each.text for each in read], [each.core for each in read])
    found = [
        Near(each.id, current.title(each.id), each.phrasing, float(value), each.id == answering)
        for each, value in zip(candidates, alike, strict=True)
    ]
    return sorted(found, key=lambda near: -near.likeness)[:limit]


def _once(
    gold: Iterable[GoldQuestion], confirmed: Iterable[tuple[str, str]], questions: Iterable[str]
) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Give each question once, with the best label there is."""
    seen: set[str] = set()
    labelled = [(each.text, each.expected) for each in gold]
    rated = [(text, (entry,)) for text, entry in confirmed]
    for text, expected in (*labelled, *rated, *((text, None) for text in questions)):
        key = normalise(text)
        if key and key not in seen:
            seen.add(key)
            yield text, expected


def _result(decision: Decision) -> Result:
    match decision:
        case Match(id=entry):
            return Result("answer", (entry,))
        case Ambiguous(ids=ids):
            return Result("ask", ids)
        case NoMatch():
            return Result("none")


def _compare(
    text: str, expected: tuple[str, ...] | None, before: Decision, after: Decision
) -> Difference | None:
    old, new = _result(before), _result(after)
    verdict = _verdict(expected, old, new)
    same = (old.kind, old.entries[:1]) == (new.kind, new.entries[:1])  # the last choices come and go
    return None if same and verdict == "changed" else Difference(text, expected, old, new, verdict)


def _verdict(expected: tuple[str, ...] | None, old: Result, new: Result) -> Verdict:
    if expected is None:
        return "worse" if old.kind == "answer" and new.kind != "answer" else "changed"
    before, after = _mark(expected, old), _mark(expected, new)
    if before == after:
        return "changed"
    return "better" if after > before else "worse"


def _mark(expected: tuple[str, ...], result: Result) -> int:
    """Rate a result; a wrong answer is the worst, because a citizen goes to the wrong window with it."""
    hit = bool(set(expected) & set(result.entries))
    match result.kind:
        case "answer":
            return _RIGHT if hit else _WRONG
        case "ask":
            return _OFFERED if hit or not expected else _SILENT
        case "none":
            return _SILENT if expected else _RIGHT
