"""What is missing: questions that found no answer or were rated 没用, and what clerks decided about them.

Gaps are grouped anew each time; what is kept are decisions, by the words that were decided on. What was
ignored stays ignored, also in a very like wording. What was taken (made an alternate, or a draft) is gone
until somebody asks it again, and then says what became of it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from intents.analysis import Analyser
from intents.clusters import Cluster, group, likeness
from knowledge.snapshot import Snapshot

WEEKS: Final = 4
KEPT_TEXTS: Final = 50
"""Wordings of a gap that a decision keeps."""
SAME: Final = 0.8
"""How alike a wording must be to one decided on: more than within a gap, because hiding too much is worse."""
Decided = Literal["ignored", "taken"]
Proposal = Literal["alternate", "new", "mend"]


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that a citizen got no use from."""

    text: str
    at: datetime
    entry: str = ""
    """The entry whose answer was rated 没用; empty where nothing was answered."""


@dataclass(frozen=True, slots=True)
class GapDecision:
    """What a clerk decided about a gap."""

    id: str
    """That of the gap."""
    decided: Decided
    texts: tuple[str, ...]
    """The wordings it is about, normalised; long numbers (phones, identity cards) are blotted out."""
    by: str
    at: datetime
    entry_id: str = ""
    """Where it was taken to: the entry with the new alternate, or the draft."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that seem to ask the same, and that the assistant is of no use for."""

    id: str
    count: int
    """How often it was asked."""
    useless: int
    """How many of these were answered, and the answer rated 没用."""
    trend: tuple[int, ...]
    """How often in each of the last `WEEKS` weeks, the oldest first."""
    last_at: datetime
    examples: tuple[str, ...]
    """As citizens wrote them, the most frequent first."""
    texts: tuple[str, ...]
    """All wordings, normalised."""
    proposal: Proposal
    """`alternate`: add the examples to `entry_id`; `mend`: its answer was no use; `new`: write an entry."""
    entry_id: str
    """The entry that was rated, or is nearest; empty where none is."""
    confidence: float
    """That the nearest entry is the right one."""
    department: str
    """Proposed: the department of that entry; empty where there is none."""
    taken: GapDecision | None = None
    """It was taken before, and was asked again since."""


class GapStore(Protocol):
    """Keeps what clerks decided about gaps."""

    async def decide(self, decision: GapDecision) -> None:
        """Keep a decision; a later one about the same gap takes its place."""

    async def revoke(self, gap_id: str) -> bool:
        """Forget a decision, so that the gap shows again; False when there was none."""

    async def decisions(self, decided: Decided | None = None) -> tuple[GapDecision, ...]:
        """All decisions, or those of one kind, the newest first."""


def decision_on(
    gap: Gap, decided: Decided, by: str, *, now: datetime, entry_id: str = "", note: str = ""
) -> GapDecision:
    """Make the decision that a clerk takes on a gap."""
    texts = tuple(dict.fromkeys(_blotted(text) for text in gap.texts))[:KEPT_TEXTS]
    return GapDecision(gap.id, decided, texts, by, now, entry_id, note.strip())


def gaps_of(
    missed: Iterable[Missed],
    snapshot: Snapshot,
    decisions: Sequence[GapDecision],
    *,
    now: datetime,
    threshold: float = 0.6,
) -> list[Gap]:
    """Group what was missed into gaps, the most frequent first, without what was decided on. For a thread.

    `threshold`: how alike questions of one gap are (the setting `cluster_at`).
    """
    analyser = snapshot.index.analyser
    asked: dict[str, list[Missed]] = {}
    for each in missed:
        if text := analyser.read(each.text).text:
            asked.setdefault(text, []).append(each)
    memory = _Memory.of(decisions, analyser)
    taken: dict[str, GapDecision] = {}
    for text, decision in [(text, memory.about(text, analyser)) for text in asked]:
        if decision is not None and decision.decided == "ignored":
            del asked[text]
        elif decision is not None:
            asked[text] = [case for case in asked[text] if case.at > decision.at]
            taken[text] = decision
    questions = (case.text for cases in asked.values() for case in cases)
    clusters = group(questions, snapshot.index, threshold=threshold)
    return [_gap(cluster, asked, taken, snapshot, now) for cluster in clusters]


@dataclass(frozen=True, slots=True)
class _Memory:
    """The wordings that were decided on, ready to be compared with."""

    exact: Mapping[str, GapDecision]
    texts: tuple[str, ...]
    cores: tuple[str, ...]

    @classmethod
    def of(cls, decisions: Iterable[GapDecision], analyser: Analyser) -> _Memory:
        """Read the decisions; of two about the same words the later one counts."""
        ordered = sorted(decisions, key=lambda decision: decision.at)
        exact = {text: decision for decision in ordered for text in decision.texts}
        cores = (analyser.read_normalised(text).core for text in exact)
        return cls(exact, tuple(exact), tuple(cores))

    def about(self, text: str, analyser: Analyser) -> GapDecision | None:
        """Give the decision about a wording, or about one that is very like it."""
        known = self.exact.get(_blotted(text))
        if known is not None or not self.texts:
            return known
        alike = likeness(text, analyser.read_normalised(text).core, self.texts, self.cores)
        best = int(alike.argmax())
        return self.exact[self.texts[best]] if alike[best] >= SAME else None


def _gap(
    cluster: Cluster,
    asked: Mapping[str, Sequence[Missed]],
    taken: Mapping[str, GapDecision],
    snapshot: Snapshot,
    now: datetime,
) -> Gap:
    cases = [case for text in cluster.texts for case in asked[text]]
    rated = Counter(case.entry for case in cases if case.entry)
    proposal: Proposal = "mend" if rated.total() * 2 > len(cases) else cluster.proposal
    nearest = cluster.nearest.id if cluster.nearest else ""
    entry_id = rated.most_common(1)[0][0] if proposal == "mend" else nearest
    entry = snapshot.entries.get(entry_id)
    weeks = Counter((now - case.at) // timedelta(weeks=1) for case in cases)
    return Gap(
        id=hashlib.sha256(_blotted(cluster.texts[0]).encode()).hexdigest()[:16],
        count=len(cases),
        useless=rated.total(),
        trend=tuple(weeks[week] for week in reversed(range(WEEKS))),
        last_at=max(case.at for case in cases),
        examples=cluster.examples,
        texts=cluster.texts,
        proposal=proposal,
        entry_id=entry_id,
        confidence=cluster.confidence,
        department=entry.department if entry else "",
        taken=next((taken[text] for text in cluster.texts if text in taken), None),
    )


def _blotted(text: str) -> str:
    """Blot out what may be a phone or identity number: decisions are kept longer than questions."""
    return re.sub(r"\d{5,}", "0", text)
