"""The hall's own words and colloquial names, with a trial before they count; and its sensitive words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from console.hall_edit import CONFLICT, Part, marked, save, the_hall
from console.visit import UNPROCESSABLE, Page, Visit
from console.wordlists import (
    alias_notices,
    alias_problems,
    aliases_of,
    sensitive_problems,
    word_problems,
    words_of,
)
from intents.guards import own_word
from intents.trial import Trial, try_words
from knowledge.entries import Entry
from knowledge.hall import Alias, Hall
from knowledge.snapshot import lexicon_of
from rendering.forms import Form

_LONGEST_LIST: Final = 60_000
_SHOWN: Final = 20
"""Problems and entries that are named one by one."""
Notes = Mapping[str, list[str]]
"""What is said under a field, line by line."""

WORDS: Final = Part(
    "hall.words",
    "hall:words",
    lambda hall: {"words": hall.words, "aliases": tuple(_line(each) for each in hall.aliases)},
)
SENSITIVE: Final = Part("hall.sensitive", "hall:sensitive", lambda hall: {"sensitive": hall.sensitive})


def _line(alias: Alias) -> str:
    return f"{alias.said} = {alias.name}"


async def show_words(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/words`."""
    hall = await the_hall(visit)
    form = Form.filled(words="\n".join(hall.words), aliases="\n".join(map(_line, hall.aliases)))
    return _words_page(visit, hall, form, {"aliases_notices": list(alias_notices(hall.aliases))})


def _words_page(
    visit: Visit, hall: Hall, form: Form, notes: Notes, *, status: int = 200, **values: Any
) -> web.Response:
    return visit.page(
        "hall_words.html",
        status=status,
        form=form,
        seen=marked(form, WORDS.told(hall), status) if not values.get("trial") else form.value("seen"),
        notes={name: _first(lines) for name, lines in notes.items()},
        **{"differences": (), "trial": None, **values},
    )


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"还有 {more} 处"] if more > 0 else lines


async def change_words(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/words`: save, or (`do=try`) show how a sentence would be read."""
    form = await visit.form()
    words, aliases, notes = _read_words(form)
    trying = form.value("do") == "try"
    sentence = form.text("sentence", "一句话", most=160, needed=trying)
    hall = await the_hall(visit)
    if form.problems:
        return _words_page(visit, hall, form, notes, status=UNPROCESSABLE)
    if trying:
        trial = await _try(visit, replace(hall, words=words, aliases=aliases), sentence)
        return _words_page(visit, hall, form, notes, trial=trial)
    differences = await save(visit, form, WORDS, lambda now: replace(now, words=words, aliases=aliases))
    if differences:
        newest = await the_hall(visit)
        return _words_page(visit, newest, form, notes, status=CONFLICT, differences=differences)
    return visit.go("/hall/words", done="hall_saved")


def _read_words(form: Form) -> tuple[tuple[str, ...], tuple[Alias, ...], Notes]:
    for name, label in (("words", "词语"), ("aliases", "俗称")):
        form.lines(name, label, most=_LONGEST_LIST, needed=False)
    words = words_of(form.value("words"))
    aliases, wrong_lines = aliases_of(form.value("aliases"))  # as typed, so that lines keep their number
    notes = {
        "words": list(word_problems(words)),
        "aliases": wrong_lines + list(alias_problems(aliases)),
        "aliases_notices": list(alias_notices(aliases)),
    }
    for name in ("words", "aliases"):
        if notes[name]:
            form.problems.setdefault(name, f"有 {len(notes[name])} 处要改：")
    return tuple(words), aliases, notes


async def _try(visit: Visit, hall: Hall, sentence: str) -> Trial:
    snapshot = visit.deps.snapshots.current
    if snapshot is None:
        raise web.HTTPNotFound
    index = snapshot.index
    return await asyncio.to_thread(lambda: try_words(index, lexicon_of(hall), sentence))


async def show_sensitive(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/sensitive`."""
    hall = await the_hall(visit)
    return _sensitive_page(visit, hall, Form.filled(sensitive="\n".join(hall.sensitive)), {})


def _sensitive_page(
    visit: Visit, hall: Hall, form: Form, notes: Notes, *, status: int = 200, **values: Any
) -> web.Response:
    return visit.page(
        "hall_sensitive.html",
        status=status,
        form=form,
        seen=marked(form, SENSITIVE.told(hall), status),
        notes={name: _first(lines) for name, lines in notes.items()},
        **{"differences": (), "silenced": (), "more_silenced": 0, **values},
    )


async def change_sensitive(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/sensitive`: words that silence entries of our own are asked about first."""
    form = await visit.form()
    words = words_of(form.lines("sensitive", "敏感词", most=_LONGEST_LIST, needed=False))
    notes = {"sensitive": list(sensitive_problems(words))}
    if notes["sensitive"]:
        form.problems.setdefault("sensitive", f"有 {len(notes['sensitive'])} 处要改：")
    hall = await the_hall(visit)
    if form.problems:
        return _sensitive_page(visit, hall, form, notes, status=UNPROCESSABLE)
    added = [word for word in words if word not in hall.sensitive]
    snapshot = visit.deps.snapshots.current
    found = silenced(added, snapshot.entries.values() if snapshot else ())
    if found and not form.ticked("sure"):
        form.problems[""] = "有的词在本厅自己的问题里，市民这样问就得不到回答。请看下面，再决定要不要保存。"
        more = max(0, len(found) - _SHOWN)
        return _sensitive_page(
            visit, hall, form, notes, status=UNPROCESSABLE, silenced=found[:_SHOWN], more_silenced=more
        )
    differences = await save(visit, form, SENSITIVE, lambda now: replace(now, sensitive=tuple(words)))
    if differences:
        newest = await the_hall(visit)
        return _sensitive_page(visit, newest, form, notes, status=CONFLICT, differences=differences)
    return visit.go("/hall/sensitive", done="hall_saved")


def silenced(words: list[str], entries: Iterable[Entry]) -> list[tuple[str, str, Entry]]:
    """The entries that ask something with one of these words: (word, the phrasing, the entry)."""
    wanted = [(word, own_word(word)) for word in words]
    found = []
    for entry in entries if wanted else ():
        asked = [(phrasing, own_word(phrasing)) for phrasing in (entry.question, *entry.alternates)]
        hit = next(((w, p) for w, folded in wanted for p, text in asked if folded in text), None)
        if hit is not None:
            found.append((*hit, entry))
    return found


PAGES: Final = (
    Page("GET", "/hall/words", "hall.write", show_words, "hall"),
    Page("POST", "/hall/words", "hall.write", change_words, "hall"),
    Page("GET", "/hall/sensitive", "hall.write", show_sensitive, "hall"),
    Page("POST", "/hall/sensitive", "hall.write", change_sensitive, "hall"),
)
