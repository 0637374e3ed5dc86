"""Between our frozen types and what MongoDB stores, in one place for all of them.

A dataclass becomes a document of its fields, a part of a reply what `messages.dump_part` makes of it, a date
its ISO text (BSON knows moments only). Reading goes back the same way and is checked by pydantic, so that a
damaged document is reported as such and never half understood. Unknown fields are left alone: a newer
version of the program may run beside this one. MongoDB keeps moments to the millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from messages import Part, dump_part, load_part

T = TypeVar("T")

_PARTS: Final = frozenset(get_args(Part))
_PLAIN: Final = frozenset({str, int, float, bool, bytes, datetime, type(None)})
"""What most fields hold; BSON takes it as it is."""


class DamagedDocumentError(Exception):
    """A stored document is not what this program writes; the message says which one."""


def dump(value: Any) -> Any:
    """Turn a dataclass (or what stands in one) into values that BSON knows."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind in _PARTS:
        return dump_part(value)
    names = _names(kind)
    if names:
        return {name: dump(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [dump(each) for each in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Fields of a dataclass; none for any other type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def load(adapter: TypeAdapter[T], document: Mapping[str, Any], *, name: str) -> T:
    """Read what `dump` wrote; `name` says in an error which document it is."""
    try:
        return adapter.validate_python(_revive(document))
    except (ValidationError, ValueError, TypeError) as error:
        problem = " ".join(str(error).split())
        raise DamagedDocumentError(f"{name} is damaged, restore it from a backup: {problem}") from error


def _revive(value: Any) -> Any:
    if isinstance(value, Mapping):
        return load_part(dict(value)) if "part" in value else {key: _revive(value[key]) for key in value}
    if isinstance(value, list):
        return tuple(_revive(each) for each in value)
    return value
