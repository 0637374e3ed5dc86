"""Measure an index on labelled questions: what is found, what is refused, how honest, how fast."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.decisions import Ambiguous, Decision, Match, Subject
from intents.matcher import Index

Progress = Callable[[int, int], None]
BINS = 10
FALSE_ALARMS = 0.1
"""Share of unknown questions that get an answer, at which `right_at_fa10` is taken."""


class EvaluationError(ValueError):
    """A file can't be used; the message names file and line and says in one line what to do."""


@dataclass(frozen=True, slots=True)
class Query:
    """A labelled question; nothing expected: the right thing is to hand over."""

    id: str
    text: str
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of the reliability table."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean confidence of the questions in this row."""
    right: float
    """Share of them whose first candidate is right."""


@dataclass(frozen=True, slots=True)
class Band:
    """What was decided how often, and how often that was right."""

    decision: str
    known: int
    unknown: int
    right: int
    """match: the right entry; ambiguous: the right one among the choices; none: nothing was expected."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found. Shares are None where there is nothing to take them of."""

    entries: int
    phrasings: int
    queries: int
    known: int
    unknown: int
    recall_1: float | None
    recall_3: float | None
    recall_5: float | None
    auroc: float | None
    """Confidence, questions with an expected entry against those without."""
    auroc_score: float | None
    """The same for the first candidate's score."""
    right_at_fa10: float | None
    calibration_error: float
    """Mean distance of confidence and share right over the reliability table, weighted by count."""
    reliability: tuple[Bin, ...]
    bands: tuple[Band, ...]
    median_ms: float
    p99_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """Return a table for a terminal."""
        return "\n".join(_lines(self))


def _rows(path: str | Path, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise EvaluationError(f"{path}: can't be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: is not UTF-8; save the file as UTF-8") from error
    found = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = True
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvaluationError(
                f"{where}: not valid JSON ({error}); write one JSON object a line"
            ) from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{where}: must be a JSON object such as {what}")
        yield where, row
    if not found:
        raise EvaluationError(f"{path}: is empty; write one JSON object a line such as {what}")


def _text(row: dict[str, Any], name: str, where: str, *, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise EvaluationError(f"{where}: `{name}` must be a text that is not empty")
    return value


def _texts(row: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise EvaluationError(f"{where}: `{name}` must be a list of texts (it may be empty)")
    return tuple(value)


def read_subjects(path: str | Path) -> tuple[Subject, ...]:
    """Read a knowledge base, one JSON a line: `{"id","question","alternates":[...],"answer"}`."""
    found: dict[str, Subject] = {}
    for where, row in _rows(path, '{"id": "1", "question": "…", "alternates": [], "answer": "…"}'):
        subject = Subject(
            id=_text(row, "id", where),
            question=_text(row, "question", where),
            alternates=_texts(row, "alternates", where),
            keywords=_texts(row, "keywords", where),
            answer=_text(row, "answer", where, default=""),
        )
        if subject.id in found:
            raise EvaluationError(f"{where}: the id {subject.id!r} stands twice; give every entry its own id")
        found[subject.id] = subject
    return tuple(found.values())


def read_queries(path: str | Path) -> tuple[Query, ...]:
    """Read labelled questions, one JSON a line: `{"id","text","expected":[entry ids]}`."""
    return tuple(
        Query(_text(row, "id", where), _text(row, "text", where, default=""), _texts(row, "expected", where))
        for where, row in _rows(path, '{"id": "1", "text": "…", "expected": ["entry id"]}')
    )


def band(decision: Decision) -> str:
    """Return `match`, `ambiguous` or `none`."""
    match decision:
        case Match():
            return "match"
        case Ambiguous():
            return "ambiguous"
        case _:
            return "none"


def ranked_line(query: Query, decision: Decision) -> dict[str, Any]:
    """Return one line of the ranked file."""
    return {
        "id": query.id,
        "ranked": [[candidate.id, round(candidate.score, 6)] for candidate in decision.evidence.ranked[:10]],
        "decision": band(decision),
        "confidence": round(decision.confidence, 6),
    }


def auroc(known: NDArray[np.float64], unknown: NDArray[np.float64]) -> float | None:
    """Return the chance that a known question scores above an unknown one; ties count half."""
    if not len(known) or not len(unknown):
        return None
    ordered = np.sort(unknown)
    below = np.searchsorted(ordered, known, "left")
    not_above = np.searchsorted(ordered, known, "right")
    return float((below + not_above).mean() / 2 / len(unknown))


def right_at_false_alarms(
    known: NDArray[np.float64],
    right: NDArray[np.bool_],
    unknown: NDArray[np.float64],
    share: float = FALSE_ALARMS,
) -> float | None:
    """Return the share of known questions answered rightly when `share` of the unknown get an answer."""
    if not len(known) or not len(unknown):
        return None
    allowed = int(share * len(unknown))
    limit = np.sort(unknown)[::-1][allowed]
    return float((right & (known > limit)).mean())


def decide_all(
    index: Index, queries: Sequence[Query], *, progress: Progress | None = None
) -> tuple[list[Decision], NDArray[np.float64]]:
    """Return a decision and its time in milliseconds for every question."""
    decisions: list[Decision] = []
    spent = np.zeros(len(queries))
    for number, query in enumerate(queries):
        begun = time.perf_counter()
        decisions.append(index.decide(query.text))
        spent[number] = (time.perf_counter() - begun) * 1000
        if progress is not None:
            progress(number + 1, len(queries))
    return decisions, spent


def evaluate(index: Index, queries: Sequence[Query], *, progress: Progress | None = None) -> Report:
    """Decide every question and report; `progress(done, total)` is told how far it is."""
    decisions, spent = decide_all(index, queries, progress=progress)
    return report(index, queries, decisions, spent)


def report(
    index: Index, queries: Sequence[Query], decisions: Sequence[Decision], spent: NDArray[np.float64]
) -> Report:
    """Sum up decisions that were taken."""
    known = np.array([bool(query.expected) for query in queries], bool)
    places = np.array(
        [_place(query, decision) for query, decision in zip(queries, decisions, strict=True)], np.int64
    )
    sure = np.array([decision.confidence for decision in decisions])
    score = np.array([d.evidence.ranked[0].score if d.evidence.ranked else -1e9 for d in decisions])
    right = places == 0
    bins = reliability(sure, right)
    total = max(len(queries), 1)
    return Report(
        entries=len(index),
        phrasings=index.phrasings,
        queries=len(queries),
        known=int(known.sum()),
        unknown=int((~known).sum()),
        recall_1=_share(right[known]),
        recall_3=_share(places[known] < 3),  # noqa: PLR2004
        recall_5=_share(places[known] < 5),  # noqa: PLR2004
        auroc=auroc(sure[known], sure[~known]),
        auroc_score=auroc(score[known], score[~known]),
        right_at_fa10=right_at_false_alarms(sure[known], right[known], sure[~known]),
        calibration_error=sum(row.count * abs(row.confidence - row.right) for row in bins) / total,
        reliability=bins,
        bands=_bands(queries, decisions),
        median_ms=float(np.median(spent)) if len(spent) else 0.0,
        p99_ms=float(np.quantile(spent, 0.99)) if len(spent) else 0.0,
    )


def _share(hits: NDArray[np.bool_]) -> float | None:
    return float(hits.mean()) if len(hits) else None


def _place(query: Query, decision: Decision) -> int:
    """Return the place of the first expected entry among the ranked (0: first), or a large number."""
    for place, candidate in enumerate(decision.evidence.ranked):
        if candidate.id in query.expected:
            return place
    return 1_000_000


def reliability(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Return how often each tenth of the confidence was right."""
    number = np.minimum((sure * BINS).astype(int), BINS - 1)
    rows = []
    for place in range(BINS):
        own = number == place
        count = int(own.sum())
        mean = float(sure[own].mean()) if count else 0.0
        rows.append(
            Bin(place / BINS, (place + 1) / BINS, count, mean, float(right[own].mean()) if count else 0.0)
        )
    return tuple(rows)


def _bands(queries: Sequence[Query], decisions: Sequence[Decision]) -> tuple[Band, ...]:
    rows = []
    for name in ("match", "ambiguous", "none"):
        own = [(q, d) for q, d in zip(queries, decisions, strict=True) if band(d) == name]
        known = sum(bool(query.expected) for query, _ in own)
        rows.append(
            Band(name, known, len(own) - known, sum(_is_right(query, decision) for query, decision in own))
        )
    return tuple(rows)


def _is_right(query: Query, decision: Decision) -> bool:
    match decision:
        case Match(id=id_):
            return id_ in query.expected
        case Ambiguous(ids=ids):
            return bool(set(ids) & set(query.expected))
        case _:
            return not query.expected


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.entries} entries, {report.phrasings} phrasings"
    yield f"{report.known} known and {report.unknown} unknown questions"
    yield ""
    recalls = (("1", report.recall_1), ("3", report.recall_3), ("5", report.recall_5))
    yield "   ".join(f"recall@{place} {_percent(value)}" for place, value in recalls)
    yield (
        f"AUROC {_percent(report.auroc)} (of the score {_percent(report.auroc_score)})   "
        f"right@fa10 {_percent(report.right_at_fa10)}"
    )
    yield f"time per question: median {report.median_ms:.2f} ms, p99 {report.p99_ms:.2f} ms"
    yield ""
    yield "decision     known  unknown  right"
    for row in report.bands:
        count = row.known + row.unknown
        share = f"{row.right / count:.3f}" if count else "–"
        yield f"{row.decision:<11}{row.known:>7}{row.unknown:>9}  {share}"
    yield ""
    yield f"confidence   count  mean   right   (mean distance {report.calibration_error:.3f})"
    for line in report.reliability:
        if line.count:
            yield f"{line.low:.1f} to {line.high:.1f}{line.count:>8}  {line.confidence:.3f}  {line.right:.3f}"
