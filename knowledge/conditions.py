"""Conditions on the answers of a scene: a small closed union, so that every guide can be proved.

In a file a condition is a mapping: `{question: hukou, equals: local}`, `{all_of: [...]}`. A condition on a
question that was not asked does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never

Value: TypeAlias = str | tuple[str, ...] | int | date
"""An answer: the value of an option (`是` and `否` for yes/no), several of them, a number, a date."""
Answers: TypeAlias = Mapping[str, Value]
"""Answers by the id of their question."""


@dataclass(frozen=True, slots=True)
class Equals:
    """One option was chosen."""

    question: str
    equals: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some options was chosen."""

    question: str
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """An option is among the several that were chosen."""

    question: str
    contains: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """A number is so large, or larger."""

    question: str
    at_least: int


@dataclass(frozen=True, slots=True)
class LessThan:
    """A number is smaller."""

    question: str
    less_than: int


@dataclass(frozen=True, slots=True)
class Before:
    """A date lies before another; that day itself does not count."""

    question: str
    before: date


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of some conditions hold."""

    all_of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some conditions holds."""

    any_of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No condition of some holds: the “not”."""

    none_of: tuple[Condition, ...]


Simple: TypeAlias = Equals | OneOf | Contains | Minimum | LessThan | Before
Condition: TypeAlias = Equals | OneOf | Contains | Minimum | LessThan | Before | AllOf | AnyOf | NoneOf


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Whether a condition holds for these answers; no condition always does."""
    match condition:
        case None:
            return True
        case AllOf(parts):
            return all(holds(each, answers) for each in parts)
        case AnyOf(parts):
            return any(holds(each, answers) for each in parts)
        case NoneOf(parts):
            return not any(holds(each, answers) for each in parts)
        case _:
            return _holds(condition, answers.get(condition.question))


def _holds(condition: Simple, value: Value | None) -> bool:
    match condition:
        case Equals(equals=wanted):
            return value == wanted
        case OneOf(one_of=options):
            return value in options
        case Contains(contains=wanted):
            return isinstance(value, tuple) and wanted in value
        case Minimum(at_least=least):
            return isinstance(value, int) and value >= least
        case LessThan(less_than=limit):
            return isinstance(value, int) and value < limit
        case Before(before=day):
            return isinstance(value, date) and value < day
        case _:
            assert_never(condition)


def leaves(condition: Condition | None) -> Iterator[Simple]:
    """The simple conditions that a condition is made of."""
    match condition:
        case None:
            return
        case AllOf(parts) | AnyOf(parts) | NoneOf(parts):
            for each in parts:
                yield from leaves(each)
        case _:
            yield condition
