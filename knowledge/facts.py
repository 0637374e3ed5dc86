"""Facts: rates, fees and limits that change on a day, apart from the texts that name them.

A text says `{id-card-lost-fee}`; what stands there is looked up for the day on which it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, Final, TypeVar

T = TypeVar("T")

UNKNOWN: Final = "（以窗口答复为准）"
"""Said where a fact has no value on the day: better no figure than an old one."""
_NAME: Final = re.compile(r"\{([a-z][a-z0-9-]*)\}")


@dataclass(frozen=True, slots=True)
class FactValue:
    """What a fact is from one day on, and the document that says so."""

    value: str
    since: date
    until: date | None = None
    """The last day on which it holds; None: until somebody says otherwise."""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure with its history: `工本费 40 元`, `最低缴费年限 15 年`."""

    id: str
    name: str
    values: tuple[FactValue, ...]

    def on(self, day: date) -> str | None:
        """The value that holds on a day; None when there is none."""
        valid = [each for each in self.values if each.since <= day and (not each.until or day <= each.until)]
        return max(valid, key=lambda each: each.since).value if valid else None


def names_in(thing: Any) -> Iterator[str]:
    """The ids of the facts that the texts of a dataclass name, however deep."""
    found: list[str] = []

    def note(text: str) -> str:
        found.extend(_NAME.findall(text))
        return text

    _mapped(thing, note)
    yield from found


def filled(thing: T, facts: Mapping[str, Fact], day: date) -> T:
    """The same dataclass with every named fact in its texts as it is on a day."""

    def look_up(name: re.Match[str]) -> str:
        fact = facts.get(name[1])
        return (fact.on(day) if fact else None) or UNKNOWN

    done: T = _mapped(thing, lambda text: _NAME.sub(look_up, text))
    return done


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(value, **{name: _mapped(each, change) for name, each in named.items()})
    return value
