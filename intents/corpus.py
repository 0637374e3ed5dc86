"""The subjects as arrays: phrasings with words, grams and sounds; answers as documents and passages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from intents.analysis import Analyser, Reading, grams
from intents.decisions import Subject
from intents.normalise import normalise
from intents.postings import CHUNK, Floats, Longs, Postings
from intents.votes import Votes

PASSAGE = 100
"""Characters of a passage, roughly two or three sentences."""
PASSAGES = 200
"""Passages of one answer that are read."""
_FIGURES = re.compile(r"[a-z0-9]+")
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*")


@dataclass(frozen=True, slots=True)
class Answers:
    """The long texts of the subjects, for questions that no phrasing answers."""

    documents: Postings
    """Words and grams of each subject's whole text, title included."""
    passages: Postings
    """Words and grams of each passage."""
    owners: Longs
    """Subject of each passage, rising."""
    texts: tuple[str, ...]
    """The passages, normalised."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Immutable. Phrasings are sorted by their subject's place in `ids`."""

    ids: tuple[str, ...]
    places: dict[str, int]
    phrasings: tuple[str, ...]
    cores: tuple[str, ...]
    spoken: tuple[str, ...]
    kinds: Longs
    figures: Longs
    """Hash of the Latin letters and digits of each phrasing (0: none)."""
    lengths: Floats
    """Characters of each phrasing."""
    owners: Longs
    """Subject of each phrasing."""
    counts: Longs
    """Number of phrasings of each subject."""
    firsts: Longs
    """Each subject's standard question among the phrasings."""
    words: Postings
    grams: Postings
    sounds: Postings
    content: Floats
    """How much a word of `words` says in general Chinese (0 for stop words)."""
    answers: Answers | None
    """None: no subject has an answer."""
    votes: Votes | None
    """None: no subject has several phrasings."""


def passages_of(text: str) -> list[str]:
    """Split an answer into passages of about `PASSAGE` characters, at sentence ends."""
    found: list[str] = []
    current = ""
    for sentence in _SENTENCE.findall(text):
        current += sentence
        while len(current) >= PASSAGE:
            found.append(current[: 2 * PASSAGE])
            current = current[2 * PASSAGE :]
    if current.strip():
        found.append(current)
    return found[:PASSAGES]


def _phrasings(subject: Subject) -> list[str]:
    texts = [normalise(text) for text in (subject.question, *subject.alternates)]
    return [text for text in dict.fromkeys(texts) if text] or [""]


def figures_of(text: str) -> int:
    """Return a hash of the Latin letters and digits of a text; 0 if it has none."""
    found = "".join(_FIGURES.findall(text))
    return crc32(found.encode()) + 1 if found else 0


def terms_of(reading: Reading) -> list[str]:
    """Return words and grams together; a word of one or two characters is no second term."""
    return [*grams(reading.text), *(word for word in reading.words if len(word) > 2)]  # noqa: PLR2004


def _answers(subjects: tuple[Subject, ...], analyser: Analyser) -> Answers | None:
    if not any(subject.answer or subject.keywords for subject in subjects):
        return None
    documents: list[list[str]] = []
    passages: list[list[str]] = []
    texts: list[str] = []
    owners: list[int] = []
    for place, subject in enumerate(subjects):
        title = terms_of(analyser.read(subject.question))
        whole = list(title)
        for passage in passages_of(" ".join((*subject.keywords, subject.answer))):
            reading = analyser.read_normalised(normalise(passage))
            terms = terms_of(reading)
            whole += terms
            passages.append(terms + title)
            texts.append(reading.text)
            owners.append(place)
        documents.append(whole)
        time.sleep(0)
    return Answers(
        documents=Postings.build(documents, b=0.6, k1=1.5),
        passages=Postings.build(passages, b=0.4),
        owners=np.asarray(owners, np.int64),
        texts=tuple(texts),
    )


def build(subjects: Iterable[Subject], analyser: Analyser) -> Corpus:
    """Read all subjects."""
    kept = tuple({subject.id: subject for subject in subjects}.values())
    readings: list[Reading] = []
    owners: list[int] = []
    for place, subject in enumerate(kept):
        for text in _phrasings(subject):
            readings.append(analyser.read_normalised(text))
            owners.append(place)
        if place % CHUNK == CHUNK - 1:
            time.sleep(0)
    owned = np.asarray(owners, np.int64)
    words = Postings.build(reading.words for reading in readings)
    counts = np.bincount(owned, minlength=len(kept))
    return Corpus(
        ids=tuple(subject.id for subject in kept),
        places={subject.id: place for place, subject in enumerate(kept)},
        phrasings=tuple(reading.text for reading in readings),
        cores=tuple(reading.core for reading in readings),
        spoken=tuple(reading.spoken for reading in readings),
        kinds=np.asarray([reading.kinds for reading in readings], np.int64),
        figures=np.asarray([figures_of(reading.text) for reading in readings], np.int64),
        lengths=np.asarray([len(reading.text) for reading in readings], np.float32),
        owners=owned,
        counts=counts,
        firsts=np.cumsum(counts) - counts,
        words=words,
        grams=Postings.build(grams(reading.text) for reading in readings),
        sounds=Postings.build(grams(reading.spoken) for reading in readings),
        content=np.asarray([analyser.content(word) for word in words.vocabulary] or [0.0], np.float32),
        answers=_answers(kept, analyser),
        votes=Votes.build([r.text for r in readings], [r.words for r in readings], owned, len(kept)),
    )
