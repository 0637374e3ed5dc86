"""Walking through the questions of a guide, and the one-time notice at the end (一次性告知单). Pure.

Every answer is one of finitely many branches: an option, a set of options, or the interval between two
thresholds that some condition names. So one character says an answer, a short code says all of them, and no
number or date that a citizen gave is kept or stands in an address.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Final, TypeVar

from knowledge.conditions import (
    Answers,
    Before,
    Condition,
    LessThan,
    Minimum,
    Value,
    holds,
    leaves,
)
from knowledge.entries import Basis
from knowledge.guides import Guide, Material, Question, Variant, plain_step

YES, NO = "是", "否"
SIGNS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
"""One of these says which branch was taken, so a question has at most 36 branches."""
MARK_LENGTH: Final = 4

T = TypeVar("T")


class StaleAnswersError(ValueError):
    """A code does not fit the guide: it is damaged, or the questions have changed since."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One possible answer to a question."""

    value: Value
    label: str


@dataclass(frozen=True, slots=True)
class Walk:
    """How far somebody has come."""

    code: str
    """Says the answers, and for which questions they were given."""
    taken: tuple[tuple[Question, Branch], ...]
    question: Question | None
    """What is asked next; None: the notice can be given."""

    @property
    def answers(self) -> dict[str, Value]:
        """The answers by question."""
        return {question.id: branch.value for question, branch in self.taken}


@dataclass(frozen=True, slots=True)
class Notice:
    """What one citizen has to know for one case, all at once."""

    title: str
    case: tuple[tuple[str, str], ...]
    """The questions with what was answered, in words."""
    verdict: str
    ends: bool
    department: str
    materials: tuple[Material, ...]
    steps: tuple[str, ...]
    place: str
    hours: str
    fee: str
    legal_limit: str
    promised_limit: str
    phone: str
    online_url: str
    machines: tuple[str, ...]
    basis: tuple[Basis, ...]
    version: int


def conditions_of(guide: Guide) -> Iterator[Condition]:
    """Every condition that stands in a guide."""
    found: list[Condition | None] = [each.when for each in guide.questions]
    found += (each.when for each in guide.materials)
    found += (plain_step(each).when for each in guide.steps)
    found += (each.when for each in guide.variants)
    yield from (each for each in found if each is not None)


def branches(guide: Guide, question: Question) -> tuple[Branch, ...]:
    """All answers that a question can get, in a fixed order."""
    match question.kind:
        case "single" | "place":
            return tuple(Branch(each.value, each.label) for each in question.options)
        case "yes_no":
            labels = {each.value: each.label for each in question.options}
            return Branch(YES, labels.get(YES, YES)), Branch(NO, labels.get(NO, NO))
        case "several":
            return tuple(_sets(question))
        case "number":
            return tuple(_intervals(guide, question))
        case "date":
            return tuple(_periods(guide, question))


def _sets(question: Question) -> Iterator[Branch]:
    for size in range(len(question.options) + 1):
        for chosen in combinations(question.options, size):
            if chosen:
                yield Branch(tuple(each.value for each in chosen), "、".join(each.label for each in chosen))
            elif question.none:
                yield Branch((), question.none)


def _intervals(guide: Guide, question: Question) -> Iterator[Branch]:
    """A number stands for its interval: the smallest in it, for the first one the largest."""
    limits = sorted(
        {
            each.at_least if isinstance(each, Minimum) else each.less_than
            for condition in conditions_of(guide)
            for each in leaves(condition)
            if isinstance(each, Minimum | LessThan) and each.question == question.id
        }
    )
    if limits:
        unit = f" {question.unit}" if question.unit else ""
        yield Branch(limits[0] - 1, f"不到 {limits[0]}{unit}")
        for low, high in pairwise(limits):
            yield Branch(low, f"{low}{unit}及以上、不到 {high}{unit}")
        yield Branch(limits[-1], f"{limits[-1]}{unit}及以上")


def _periods(guide: Guide, question: Question) -> Iterator[Branch]:
    days = sorted(
        {
            each.before
            for condition in conditions_of(guide)
            for each in leaves(condition)
            if isinstance(each, Before) and each.question == question.id
        }
    )
    if days:
        yield Branch(days[0] - timedelta(days=1), f"{_day(days[0])}以前")
        for first, last in pairwise(days):
            yield Branch(first, f"{_day(first)}至{_day(last - timedelta(days=1))}")
        yield Branch(days[-1], f"{_day(days[-1])}及以后")


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def branch_of(guide: Guide, question: Question, value: int | date) -> int:
    """Which branch a number or a date falls into."""
    below = 0
    for place, branch in enumerate(branches(guide, question)):
        if place and isinstance(branch.value, type(value)) and branch.value <= value:  # type: ignore[operator]
            below = place
    return below


def mark(guide: Guide) -> str:
    """Short fingerprint of the questions; another one means that old answers may mean something else."""
    shape = [
        (each.id, each.kind, repr(each.when), [str(branch.value) for branch in branches(guide, each)])
        for each in guide.questions
    ]
    ends = [repr(each.when) for each in guide.variants if each.ends]
    digest = hashlib.blake2b(repr((guide.id, shape, ends)).encode(), digest_size=5).digest()
    return b32encode(digest).decode().lower()[:MARK_LENGTH]


def begin(guide: Guide) -> Walk:
    """Stand before the first question."""
    return _walk(guide, mark(guide), "")


def resume(guide: Guide, code: str) -> Walk:
    """Stand where a code says. Raises `StaleAnswersError`."""
    own = mark(guide)
    if not code.startswith(own):
        raise StaleAnswersError("the questions have changed since")
    return _walk(guide, own, code[MARK_LENGTH:])


def take(guide: Guide, walk: Walk, branch: int) -> Walk:
    """Answer the question that is asked. Raises `StaleAnswersError` for a branch that does not exist."""
    if walk.question is None or not 0 <= branch < len(branches(guide, walk.question)):
        raise StaleAnswersError("there is no such answer")
    return _walk(guide, walk.code[:MARK_LENGTH], walk.code[MARK_LENGTH:] + SIGNS[branch])


def back(guide: Guide, walk: Walk) -> Walk:
    """Stand before the question that was answered last."""
    return _walk(guide, walk.code[:MARK_LENGTH], walk.code[MARK_LENGTH:-1]) if walk.taken else walk


def _walk(guide: Guide, own: str, signs: str) -> Walk:
    answers: dict[str, Value] = {}
    taken: list[tuple[Question, Branch]] = []
    passed: set[str] = set()
    for question in guide.questions:
        if _ended(guide, answers, passed):
            break
        passed.add(question.id)
        if not holds(question.when, answers):
            continue
        if len(taken) == len(signs):
            return Walk(own + signs, tuple(taken), question)
        found = branches(guide, question)
        place = SIGNS.find(signs[len(taken)])
        if not 0 <= place < len(found):
            raise StaleAnswersError("there is no such answer")
        answers[question.id] = found[place].value
        taken.append((question, found[place]))
    if len(taken) != len(signs):
        raise StaleAnswersError("there are more answers than questions")
    return Walk(own + signs, tuple(taken), None)


def _ended(guide: Guide, answers: Answers, passed: set[str]) -> bool:
    """Whether a variant that ends the matter holds for good: all that it looks at has been passed."""
    return any(
        each.ends and {leaf.question for leaf in leaves(each.when)} <= passed and holds(each.when, answers)
        for each in guide.variants
    )


def walks(guide: Guide, most: int) -> Iterator[Walk]:
    """Every way through the questions, to its end; no more than `most` of them."""
    open_ways, given = [begin(guide)], 0
    while open_ways and given < most:
        walk = open_ways.pop()
        if walk.question is None:
            given += 1
            yield walk
        else:
            count = min(len(branches(guide, walk.question)), len(SIGNS))
            open_ways.extend(take(guide, walk, place) for place in reversed(range(count)))


def notice(guide: Guide, walk: Walk) -> Notice:
    """The one-time notice for the answers of a walk."""
    answers = walk.answers
    fitting = [each for each in guide.variants if holds(each.when, answers)]
    ends = any(each.ends for each in fitting)
    return Notice(
        title=guide.title,
        case=tuple((question.text, branch.label) for question, branch in walk.taken),
        verdict="".join(each.verdict for each in fitting),
        ends=ends,
        department=_said(fitting, "department", guide.department),
        materials=() if ends else tuple(each for each in guide.materials if holds(each.when, answers)),
        steps=tuple(
            each.text for each in map(plain_step, guide.steps) if not ends and holds(each.when, answers)
        ),
        place=_said(fitting, "place", guide.place),
        hours=_said(fitting, "hours", guide.hours),
        fee=_said(fitting, "fee", "" if ends else guide.fee),
        legal_limit=_said(fitting, "legal_limit", "" if ends else guide.legal_limit),
        promised_limit=_said(fitting, "promised_limit", "" if ends else guide.promised_limit),
        phone=_said(fitting, "phone", guide.phone),
        online_url=_said(fitting, "online_url", guide.online_url),
        machines=_said(fitting, "machines", () if ends else guide.machines),
        basis=tuple(dict.fromkeys((*guide.basis, *(found for each in fitting for found in each.basis)))),
        version=guide.version,
    )


def _said(fitting: list[Variant], field: str, otherwise: T) -> T:
    """What the first fitting variant says of a field; the proof sees to it that no other says otherwise."""
    return next((getattr(each, field) for each in fitting if getattr(each, field)), otherwise)
