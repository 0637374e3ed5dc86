"""The sentences citizens read, in the hall's own words: shown as WeChat shows them before they are saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web

from console.hall_edit import CONFLICT, Part, marked, save, the_hall
from console.preview import shown_of
from console.visit import UNPROCESSABLE, Page, Visit
from handlers import texts
from handlers.sentences import MOST_BYTES, Sentence, example, own_text, places_of, problems_of, too_long
from intents.decisions import Match
from knowledge.hall import Hall, OwnText
from messages import Taps, Text
from rendering.forms import Form

_MOST_CHARACTERS: Final = MOST_BYTES
_KINDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("打招呼", ("greeting", "help", "examples", "welcome", "goodbye")),
    ("没听懂", ("dont_know", "dont_know_again", "say_more", "empty")),
    ("转人工", ("handoff_opened", "handoff_again", "handoff_cancelled", "no_handoff", "person_only")),
    ("评价", ("rated_useful", "rated_useless", "rated_useless_again")),
    ("不便讨论", ("sensitive", "insulted")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence of the list."""

    sentence: Sentence
    text: str
    own: bool


def kinds() -> list[tuple[str, list[Sentence]]]:
    """All sentences by kind; one that no kind names comes at the end."""
    named = {key for _, keys in _KINDS for key in keys}
    rest = [each for key, each in texts.SENTENCES.items() if key not in named]
    grouped = [(name, [texts.SENTENCES[key] for key in keys]) for name, keys in _KINDS]
    return [*grouped, ("其他", rest)] if rest else grouped


async def show_texts(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/texts`."""
    hall = await the_hall(visit)
    rows = [(name, [_row(each, hall) for each in sentences]) for name, sentences in kinds()]
    return visit.page("hall_texts.html", kinds=rows)


def _row(sentence: Sentence, hall: Hall) -> Row:
    own = own_text(sentence, hall)
    return Row(sentence, own or sentence.text, bool(own))


async def show_text(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/texts/{key}`."""
    hall, sentence = await the_hall(visit), _wanted(visit)
    return _page(visit, hall, sentence, Form.filled(text=_stored(hall, sentence.key) or sentence.text))


def _stored(hall: Hall, key: str) -> str:
    return next((each.text for each in hall.texts if each.key == key), "")


def _page(
    visit: Visit, hall: Hall, sentence: Sentence, form: Form, *, status: int = 200, **values: Any
) -> web.Response:
    typed = form.value("text").replace("\r\n", "\n").strip()
    shown = example(sentence, typed, hall)
    trying = bool(values.pop("trying", False))
    return visit.page(
        "hall_text.html",
        status=status,
        form=form,
        sentence=sentence,
        seen=form.value("seen") if trying else marked(form, _part(sentence.key).told(hall), status),
        own=bool(_stored(hall, sentence.key)),
        examples={**sentence.places, **places_of(hall)} if sentence.allowed else {},
        preview=shown_of(_parts(sentence, shown, hall)),
        size=len(shown.encode()),
        most=MOST_BYTES,
        **{"differences": (), "unanswered": _unanswered(visit, sentence, typed), **values},
    )


def _parts(sentence: Sentence, shown: str, hall: Hall) -> tuple[Text | Taps, ...]:
    """The reply that the sentence stands in, as far as it is always the same."""
    if sentence.key == "examples":
        lines = tuple(line.strip() for line in shown.splitlines() if line.strip())
        return (Text(texts.greeting(hall)), Taps("比如：", lines))
    if sentence.key in {"greeting", "help"}:
        whole = "\n".join(filter(None, (shown, texts.sample_notice(hall))))
        return (Text(whole), Taps("比如：", texts.examples(hall)))
    return (Text(shown),)


def _unanswered(visit: Visit, sentence: Sentence, text: str) -> list[str]:
    """Examples that the hall could not answer: embarrassing when a citizen taps them."""
    snapshot = visit.deps.snapshots.current
    if sentence.key != "examples" or snapshot is None:
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip()][: sentence.lines]
    return [line for line in lines if not isinstance(snapshot.decide(line), Match)]


async def change_text(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/texts/{key}`: save, or (`do=try`) show it first."""
    form, hall, sentence = await visit.form(), await the_hall(visit), _wanted(visit)
    text = form.lines("text", sentence.name, most=_MOST_CHARACTERS)
    if "text" not in form.problems:
        wrong = [*problems_of(sentence, text), *filter(None, (too_long(sentence, text, hall),))]
        if wrong:
            form.problems["text"] = "；".join(wrong)
    if form.problems:
        return _page(visit, hall, sentence, form, status=UNPROCESSABLE)
    if form.value("do") == "try":
        return _page(visit, hall, sentence, form, trying=True)
    own = "" if text == sentence.text else text
    return await _save(visit, form, sentence, lambda now: _with(now, sentence.key, own), done="text_saved")


async def reset_text(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/texts/{key}/reset`: back to the built-in sentence."""
    form, sentence = await visit.form(), _wanted(visit)
    return await _save(visit, form, sentence, lambda now: _with(now, sentence.key, ""), done="text_reset")


async def _save(
    visit: Visit, form: Form, sentence: Sentence, change: Callable[[Hall], Hall], *, done: str
) -> web.Response:
    differences = await save(visit, form, _part(sentence.key), change)
    if not differences:
        return visit.go("/hall/texts", done=done)
    hall = await the_hall(visit)
    if not form.value("text"):  # it was to be reset: nothing was typed that could be kept
        form = Form.filled(text=_stored(hall, sentence.key) or sentence.text)
        form.problems[""] = "别人刚改过这句话，下面是新的内容。确定要用回内置的，就再点一次。"
    return _page(visit, hall, sentence, form, status=CONFLICT, differences=differences)


def _wanted(visit: Visit) -> Sentence:
    found = texts.SENTENCES.get(visit.request.match_info["key"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _part(key: str) -> Part:
    return Part("hall.text", f"text:{key}", lambda hall: {"text": _stored(hall, key)})


def _with(hall: Hall, key: str, text: str) -> Hall:
    return replace(hall, texts=tuple(_texts(hall, key, text)))


def _texts(hall: Hall, key: str, text: str) -> Iterator[OwnText]:
    yield from (each for each in hall.texts if each.key != key)
    if text:
        yield OwnText(key, text)


PAGES: Final = (
    Page("GET", "/hall/texts", "hall.write", show_texts, "hall"),
    Page("GET", "/hall/texts/{key}", "hall.write", show_text, "hall"),
    Page("POST", "/hall/texts/{key}", "hall.write", change_text, "hall"),
    Page("POST", "/hall/texts/{key}/reset", "hall.write", reset_text, "hall"),
)
