"""Find the right entry, know when not to, and say why: `Index` answers one question with one `Decision`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from intents import breadth, confidence, corpus, followup, hits
from intents import candidates as c
from intents.analysis import Analyser, Reading, analyser
from intents.decisions import Ambiguous, Candidate, Decision, Evidence, Match, NoMatch, Subject
from intents.learned import Learned
from intents.lexicon import Lexicon
from intents.postings import Floats
from intents.quiet import collecting_later
from intents.repair import Repairs
from intents.weights import Weights

CHOICES = 5
VAGUE = 0.05
"""Highest confidence in a question that says nothing."""
RANKED = 10
NEAREST = 3
EXPLAINED = 2
"""Candidates that get their hits and features: the best and the runner-up."""
SHOWN = 8
VARIANTS = 2


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of one question, best first."""

    reading: Reading
    found: c.Candidates
    scores: NDArray[np.float64]
    confidence: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """Immutable after `build`; safe to use from several threads."""

    analyser: Analyser
    corpus: corpus.Corpus
    weights: Weights
    subjects: dict[str, Subject]
    _rank: NDArray[np.float64]
    _sure: NDArray[np.float64]
    _words: Learned
    _scope: Learned
    _names: tuple[str, ...]
    _repairs: Repairs

    @classmethod
    def build(
        cls, subjects: Iterable[Subject], *, lexicon: Lexicon | None = None, weights: Weights | None = None
    ) -> Index:
        """Read all subjects. CPU-heavy (about 1 s for 10,000 phrasings): call it in a thread."""
        kept = {subject.id: subject for subject in subjects}
        reader = analyser(lexicon or Lexicon.builtin())
        used = weights or Weights.builtin()
        with collecting_later():
            read = corpus.build(kept.values(), reader)
            repairs = Repairs.of(read.grams, read.sounds, read.phrasings)
        return cls(
            analyser=reader,
            corpus=read,
            weights=used,
            subjects=kept,
            _rank=np.array([used.rank.get(name, 0.0) for name in c.NAMES]),
            _sure=np.array([used.sure.get(name, 0.0) for name in confidence.NAMES]),
            _words=Learned.of(used.words, used.links, read.words.vocabulary),
            _scope=Learned.of(used.scope, {}, read.words.vocabulary),
            _names=tuple(read.words.vocabulary),
            _repairs=repairs,
        )

    def __len__(self) -> int:
        return len(self.corpus.ids)

    @property
    def phrasings(self) -> int:
        """Number of phrasings of all subjects."""
        return len(self.corpus.phrasings)

    def updated(self, changed: Iterable[Subject], removed: Iterable[str] = ()) -> Index:
        """Return an index with some subjects changed, added or removed."""
        gone = set(removed)
        kept = {place: subject for place, subject in self.subjects.items() if place not in gone}
        kept.update({subject.id: subject for subject in changed})
        return Index.build(kept.values(), lexicon=self.analyser.lexicon, weights=self.weights)

    def rank(self, text: str, limit: int = RANKED) -> tuple[Candidate, ...]:
        """Return the best subjects for a question, best first."""
        return self._candidates(self._best(self.analyser.read(text)), limit)

    def decide(self, text: str, *, context: str | None = None) -> Decision:
        """Return what is to be done with a question; `context` is the id of the entry last answered."""
        ranking = self._best(self.analyser.read(text))
        last = self.subjects.get(context) if context is not None else None
        if last is not None and followup.is_short(ranking.reading, self.analyser):
            ranking = self._followed(ranking, last)
        ranked = self._candidates(ranking, RANKED)
        margin = ranked[0].score - ranked[1].score if len(ranked) > 1 else 0.0
        evidence = Evidence(ranking.reading.text, ranked, margin, ranking.notes)
        sure = ranking.confidence
        if not ranked:
            return NoMatch(confidence=0.0, evidence=evidence)
        if breadth.says_nothing(ranking.reading, self.analyser):
            return NoMatch(confidence=min(sure, VAGUE), evidence=evidence, vague=True)
        phrasings = map(self.words_of, ranking.found.phrasings.tolist())
        wide = breadth.too_wide(ranking.reading, phrasings, self.analyser)
        if wide:
            ids = tuple(self.corpus.ids[int(ranking.found.places[each])] for each in wide[:CHOICES])
            note = f"“{ranking.reading.text}”说得太宽，有 {len(wide)} 个条目都讲到"
            evidence = replace(evidence, notes=(*evidence.notes, note))
            return Ambiguous(ids, min(sure, self.weights.answer_at), evidence)
        own = self.subjects[ranked[0].id].answer_at
        if sure >= (self.weights.answer_at if own is None else own):
            return Match(ranked[0].id, sure, evidence)
        best = tuple(candidate.id for candidate in ranked[:CHOICES])
        if sure >= self.weights.ask_at and len(best) > 1:
            return Ambiguous(best, sure, evidence)
        return NoMatch(sure, evidence, nearest=best[:NEAREST])

    def _best(self, reading: Reading) -> Ranking:
        """Rank a question as it was typed, and as it may be meant; the reading that fits best counts."""
        best = self._ranked(reading)
        for meant, note in self.meant(reading):
            other = self._ranked(self.analyser.read(meant), (note,))
            if other.confidence > best.confidence:
                best = other
        return best

    def meant(self, reading: Reading, reader: Analyser | None = None) -> list[tuple[str, str]]:
        """Return other wordings of a question, each with a note: a homophone repaired, a name made official.

        `reader` has other colloquial names than the index, for trying them out.
        """
        found: list[tuple[str, str]] = []
        repaired = self._repairs.repaired(reading.text)
        if repaired is not None:
            text, typed, read = repaired
            how = "按读音" if len(typed) == len(read) else "补上漏字"
            found.append((text, f"“{typed}”{how}当作“{read}”"))
        for said, name in (reader or self.analyser).aliases_in(reading.text):
            found.append((reading.text.replace(said, name), f"“{said}”就是“{name}”"))
        return found[:VARIANTS]

    def _followed(self, plain: Ranking, last: Subject) -> Ranking:
        """Read a short follow-up together with the matter last answered."""
        text = followup.joined(last.question, plain.reading.text, self.analyser)
        together = self._ranked(self.analyser.read(text), (f"接着上一个问题“{last.question}”来理解",))
        if breadth.says_nothing(plain.reading, self.analyser):
            return together
        return together if together.confidence >= plain.confidence else plain

    def _ranked(self, reading: Reading, notes: tuple[str, ...] = ()) -> Ranking:
        found = c.find(reading, self.corpus, self.analyser)
        if not len(found.places):
            return Ranking(reading, found, np.zeros(0), 0.0, notes)
        firsts = self.corpus.firsts[found.places]
        learned = self._words.scores(found.words.names, firsts, self.corpus.words)
        scores = found.features @ self._rank + learned
        order = np.argsort(-scores, kind="stable")
        found = found.sorted(order)
        scope = self._scope.score(reading.words, self.words_of(int(firsts[order[0]])))
        described = confidence.describe(scores[order], learned[order], found.features)
        sure = confidence.probability(
            float(described @ self._sure) + scope + self.weights.sure.get("bias", 0.0)
        )
        return Ranking(reading, found, scores[order], sure, notes)

    def words_of(self, phrasing: int) -> list[str]:
        """Return the distinct words of a phrasing."""
        rows = self.corpus.words.rows
        return [
            self._names[number]
            for number in self.corpus.words.terms[rows[phrasing] : rows[phrasing + 1]].tolist()
        ]

    def _candidates(self, ranking: Ranking, limit: int) -> tuple[Candidate, ...]:
        found, corpus_ = ranking.found, self.corpus
        made: list[Candidate] = []
        for number, (place, phrasing) in enumerate(
            zip(found.places[:limit].tolist(), found.phrasings[:limit].tolist(), strict=True)
        ):
            made.append(
                Candidate(
                    id=corpus_.ids[place],
                    score=float(ranking.scores[number]),
                    phrasing=corpus_.phrasings[phrasing],
                    hits=hits.of(ranking.reading, corpus_, phrasing, found.words)
                    if number < EXPLAINED
                    else (),
                    features=self._features(found.features[number]) if number < EXPLAINED else (),
                )
            )
        return tuple(made)

    def _features(self, row: Floats) -> tuple[tuple[str, float], ...]:
        """Return the features that moved the score most, with what each added."""
        shares = row * self._rank
        order = np.argsort(-np.abs(shares))[:SHOWN].tolist()
        return tuple((c.NAMES[place], float(shares[place])) for place in order)
