"""The proof of a guide: every way through its questions is gone, and each mistake is a sentence. Pure.

A guide that fails is neither loaded nor published: somebody would come in vain, or could not answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, assert_never

from knowledge.conditions import (
    Before,
    Condition,
    Contains,
    Equals,
    LessThan,
    Minimum,
    OneOf,
    Simple,
    holds,
    leaves,
)
from knowledge.facts import Fact, names_in
from knowledge.guide_reading import read_option
from knowledge.guide_scenes import NO, SIGNS, YES, Notice, Walk, branches, notice, walks
from knowledge.guides import Guide, Material, Question, QuestionKind, Step, Variant, plain_step

MOST_WALKS: Final = 3000
"""A matter with more ways than this is several matters."""
MOST_ASKED: Final = 8
"""Questions on one way; people give up after fewer."""
OFFERED: Final[dict[QuestionKind, tuple[int, int]]] = {
    "single": (2, 9),
    "place": (2, 30),
    "several": (2, 5),
    "yes_no": (0, 2),
    "number": (0, 0),
    "date": (0, 0),
}
"""How many options each kind of question has, at least and at most; numbers and dates are typed."""
QUESTION_CHARACTERS: Final = 40
LABEL_CHARACTERS: Final = 16
HINT_CHARACTERS: Final = 60
LINE_CHARACTERS: Final = 120
NOTICE_BYTES: Final = 4000
"""A notice in the chat has at most three messages (2,000 bytes each, less links and headings)."""
SHOWN: Final = 3
"""Ways named for one mistake; the others are counted."""
_FIELDS: Final = (
    "department", "place", "hours", "fee", "legal_limit", "promised_limit", "phone", "online_url", "machines",
)  # fmt: skip
_NEEDED: Final = {
    "place": "where to go",
    "hours": "when to come",
    "fee": "what it costs",
    "promised_limit": "how long it takes",
}


def problems_of_guide(guide: Guide, departments: Iterable[str]) -> list[str]:
    """What is wrong with the scenes of a guide, each as one sentence; empty when all is well."""
    known = set(departments)
    found = [*_questions(guide), *_conditions(guide)]
    for variant in guide.variants:
        if variant.department and variant.department not in known:
            found.append(f"variant: department {variant.department!r} does not exist")
        if variant.ends and not variant.verdict:
            found.append("variant: ends the matter without a verdict; say why, and what to do instead")
    found += (
        f"“{text[:20]}…” has {len(text)} characters; shorten it to {LINE_CHARACTERS}"
        for text in _long_lines(guide)
    )
    return found or list(_ways(guide))  # a guide with wrong references can't be walked


def problems_of_facts(guide: Guide, facts: Mapping[str, Fact], day: date | None) -> Iterator[str]:
    """Facts that a guide names and that do not exist, or have no value on a day (None: don't look)."""
    for name in dict.fromkeys(names_in(guide)):
        fact = facts.get(name)
        if fact is None:
            yield f"fact {name!r} does not exist; add it to facts/ or correct the name"
        elif day is not None and fact.on(day) is None:
            yield f"fact {name!r} ({fact.name}) has no value on {day}; add the new one with its date"


def _questions(guide: Guide) -> Iterator[str]:
    for name, count in Counter(each.id for each in guide.questions).items():
        if count > 1:
            yield f"question {name}: the id is used {count} times; give each its own"
    for question in guide.questions:
        yield from (f"question {question.id}: {text}" for text in _question(guide, question))


def _question(guide: Guide, question: Question) -> Iterator[str]:
    if not question.text.strip() or len(question.text) > QUESTION_CHARACTERS:
        yield f"the text must have 1 to {QUESTION_CHARACTERS} characters"
    if len(question.hint) > HINT_CHARACTERS:
        yield f"the hint has {len(question.hint)} characters; shorten it to {HINT_CHARACTERS}"
    yield from _offered(question)
    yield from _typed(question)
    if not any(leaf.question == question.id for leaf in _all_leaves(guide)):
        yield "nothing depends on it; remove it, or add a condition that uses it"


def _offered(question: Question) -> Iterator[str]:
    """Too many or too few options, or such that can't be shown."""
    if question.kind == "yes_no" and not {each.value for each in question.options} <= {YES, NO}:
        yield f"the options of a yes/no question are called {YES} and {NO}"
    least, most = OFFERED[question.kind]
    if not least <= len(question.options) <= most:
        yield f"has {len(question.options)} options; it must have {least} to {most}"
    for value, count in Counter(each.value for each in question.options).items():
        if count > 1:
            yield f"option {value}: the value is used {count} times; give each its own"
    for option in question.options:
        if not option.label.strip() or len(option.label) > LABEL_CHARACTERS:
            yield f"option {option.value}: the label must have 1 to {LABEL_CHARACTERS} characters"


def _typed(question: Question) -> Iterator[str]:
    """Options that can't be told apart when somebody types them."""
    for place, option in enumerate(question.options):
        for words in (option.label, *option.aliases):
            found = read_option(question.options, words)
            if found != place:
                other = question.options[found].label if found is not None else "none"
                yield f"option {option.value}: typing “{words}” means “{other}”; reword one of them"


def _all_leaves(guide: Guide) -> Iterator[Simple]:
    for _, condition in _whens(guide):
        yield from leaves(condition)


def _whens(guide: Guide) -> Iterator[tuple[str, Condition]]:
    """Every condition with the place it stands at."""
    for question in guide.questions:
        if question.when is not None:
            yield f"question {question.id}", question.when
    for material in guide.materials:
        if material.when is not None:
            yield f"material “{material.name}”", material.when
    for step in map(plain_step, guide.steps):
        if step.when is not None:
            yield f"step “{step.text[:20]}”", step.when
    for number, variant in enumerate(guide.variants, start=1):
        yield f"variant {number}", variant.when


def _conditions(guide: Guide) -> Iterator[str]:
    order = {question.id: place for place, question in enumerate(guide.questions)}
    for where, condition in _whens(guide):
        for leaf in leaves(condition):
            if leaf.question not in order:
                yield f"{where}: question {leaf.question!r} does not exist"
                continue
            asker = where.removeprefix("question ") if where.startswith("question ") else ""
            if asker and order[leaf.question] >= order[asker]:
                yield f"{where}: looks at {leaf.question!r}, which is asked later; change the order"
            if why := _misfit(guide.questions[order[leaf.question]], leaf):
                yield f"{where}: {why}"


def _misfit(question: Question, leaf: Simple) -> str:
    """Why a condition can't be put to a question; empty when it can."""
    values = {YES, NO} if question.kind == "yes_no" else {each.value for each in question.options}
    used: set[str] = set()
    match leaf:
        case Equals(equals=wanted):
            used, kinds = {wanted}, {"single", "place", "yes_no"}
        case OneOf(one_of=options):
            used, kinds = set(options), {"single", "place"}
        case Contains(contains=wanted):
            used, kinds = {wanted}, {"several"}
        case Minimum() | LessThan():
            kinds = {"number"}
        case Before():
            kinds = {"date"}
        case _:
            assert_never(leaf)
    if question.kind not in kinds:
        return (
            f"question {question.id!r} is {question.kind}, this condition is for {' or '.join(sorted(kinds))}"
        )
    strange = sorted(used - values)
    return f"question {question.id!r} has no option {', '.join(strange)}" if strange else ""


def _long_lines(guide: Guide) -> Iterator[str]:
    texts = [*(each.text for each in map(plain_step, guide.steps)), *(each.note for each in guide.materials)]
    texts += [getattr(each, name) for each in (guide, *guide.variants) for name in ("place", "hours", "fee")]
    texts += [each.verdict for each in guide.variants]
    yield from (text for text in texts if len(text) > LINE_CHARACTERS)


def _ways(guide: Guide) -> Iterator[str]:
    """Go every way: what is missing, contradicts, or is never reached."""
    wide = [each.id for each in guide.questions if len(branches(guide, each)) > len(SIGNS)]
    if wide:
        yield f"question {wide[0]}: more than {len(SIGNS)} answers; ask less finely"
        return
    ways = list(walks(guide, MOST_WALKS + 1))
    if len(ways) > MOST_WALKS:
        yield f"there are more than {MOST_WALKS} ways through the questions; split the guide"
        return
    mistakes: dict[str, list[Walk]] = {}
    for way in ways:
        for text in _way(guide, way):
            mistakes.setdefault(text, []).append(way)
    for text, where in mistakes.items():
        shown = "；".join(_named(way) for way in where[:SHOWN])
        more = f" and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
        yield f"{text} (for: {shown}{more})"
    yield from _unreached(guide, ways)


def _named(way: Walk) -> str:
    return " → ".join(branch.label for _, branch in way.taken) or "everybody"


def _way(guide: Guide, way: Walk) -> Iterator[str]:
    found, answers = notice(guide, way), way.answers
    if len(way.taken) > MOST_ASKED:
        yield f"{len(way.taken)} questions are asked; {MOST_ASKED} at most"
    fitting = [each for each in guide.variants if holds(each.when, answers)]
    for name in _FIELDS:
        values = {getattr(each, name) for each in fitting if getattr(each, name)}
        if len(values) > 1:
            yield f"variants contradict each other in {name}: {' / '.join(map(str, sorted(values)))}"
    if sum(each.ends for each in fitting) > 1:
        yield "two variants end the matter; which one is right?"
    yield from _doubles(found.materials)
    if found.ends:
        if not (found.place or found.phone):
            yield "the matter ends without a place or a phone where people can ask"
    else:
        yield from (
            f"{name} is missing: nobody is told {what}"
            for name, what in _NEEDED.items()
            if not getattr(found, name)
        )
        yield from (f"no {name} are left" for name in ("materials", "steps") if not getattr(found, name))
    if (size := _size(found)) > NOTICE_BYTES:
        yield f"the notice has {size} bytes; shorten it to {NOTICE_BYTES}"


def _doubles(materials: tuple[Material, ...]) -> Iterator[str]:
    for name, count in Counter(each.name for each in materials).items():
        if count > 1:
            forms = sorted({f"{each.form} × {each.copies}" for each in materials if each.name == name})
            yield f"material “{name}” is wanted {count} times ({' / '.join(forms)})"


def _size(found: Notice) -> int:
    texts = [each.name + each.form + each.note for each in found.materials] + list(found.steps)
    texts += [found.verdict, found.place, found.hours, found.fee, found.legal_limit, found.promised_limit]
    return sum(len(text.encode()) + 8 for text in texts if text)


def _unreached(guide: Guide, ways: list[Walk]) -> Iterator[str]:
    asked = {question.id for way in ways for question, _ in way.taken}
    for question in guide.questions:
        if question.id not in asked:
            yield f"question {question.id} is never asked; its condition never holds"
    things: tuple[Material | Step | Variant, ...] = (
        *guide.materials, *map(plain_step, guide.steps), *guide.variants,
    )  # fmt: skip
    places = dict(_whens_by_thing(guide))
    for thing in things:
        if thing.when is not None and not any(holds(thing.when, way.answers) for way in ways):
            yield f"{places[id(thing.when)]} is for nobody; its condition never holds"


def _whens_by_thing(guide: Guide) -> Iterator[tuple[int, str]]:
    yield from ((id(condition), where) for where, condition in _whens(guide))
