"""A small judge and a small maker of values for the JSON Schemas that our description uses.

Written from the specification (JSON Schema 2020-12, core and validation) and not from `api/`.
A keyword that it does not know is an error, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from hypothesis import strategies as st

Schema = Mapping[str, Any]
SAID: Final = {"title", "description", "default", "examples"}
KNOWN: Final = SAID | {
    "$ref", "anyOf", "type", "enum", "const", "properties", "required", "additionalProperties", "items",
    "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum", "format",
}  # fmt: skip
TYPES: Final[Mapping[str, Any]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def wrong_in(value: Any, schema: Schema, document: Schema, place: str = "") -> Iterator[str]:
    """What is wrong with a value, by place."""
    assert schema.keys() <= KNOWN, f"{place}: the judge does not know {schema.keys() - KNOWN}"
    if "$ref" in schema:
        yield from wrong_in(value, _resolved(schema["$ref"], document), document, place)
    if "anyOf" in schema and not any(
        not list(wrong_in(value, each, document, place)) for each in schema["anyOf"]
    ):
        yield f"{place}: fits none of anyOf"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: not in enum"
    if "type" in schema and not _has_type(value, schema["type"]):
        yield f"{place}: {value!r} is no {schema['type']}"
    else:
        yield from _wrong_inside(value, schema, document, place)


def _wrong_inside(value: Any, schema: Schema, document: Schema, place: str) -> Iterator[str]:
    match value:
        case dict():
            yield from _wrong_in_object(value, schema, document, place)
        case list():
            for number, each in enumerate(value):
                yield from wrong_in(each, schema.get("items", {}), document, f"{place}/{number}")
        case str():
            yield from _wrong_in_text(value, schema, place)
        case int() | float() if not isinstance(value, bool):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                yield f"{place}: out of bounds"


def _resolved(reference: str, document: Schema) -> Schema:
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    assert isinstance(found, Mapping)
    return found


def _has_type(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _wrong_in_object(value: dict[str, Any], schema: Schema, document: Schema, place: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}: {name} is missing"
    for name, each in value.items():
        if name in known:
            yield from wrong_in(each, known[name], document, f"{place}/{name}")
        elif schema.get("additionalProperties", True) is False or "properties" in schema:
            yield f"{place}: {name} is not described"  # what we answer is described in full


def _wrong_in_text(value: str, schema: Schema, place: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{place}: wrong length"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: does not match"
    try:
        match schema.get("format"):
            case "date":
                date.fromisoformat(value)
            case "date-time":
                assert datetime.fromisoformat(value).tzinfo is not None
            case None:
                pass
            case other:
                raise AssertionError(f"the judge does not know the format {other}")
    except ValueError:
        yield f"{place}: no {schema['format']}"


SCALARS: Final = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just("\x00"), st.just({})
)
"""Values that often fit nowhere."""


def values(schema: Schema, document: Schema, *, hostile: bool = True) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema, and now and then don't."""
    fitting = _fitting(schema, document, hostile=hostile)
    return st.one_of(fitting, fitting, fitting, SCALARS) if hostile else fitting


def _fitting(schema: Schema, document: Schema, *, hostile: bool) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _fitting(_resolved(schema["$ref"], document), document, hostile=hostile)
    if "anyOf" in schema:
        return st.one_of([_fitting(each, document, hostile=hostile) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    least, most = schema.get("minimum"), schema.get("maximum")
    makers: Mapping[str, Callable[[], st.SearchStrategy[Any]]] = {
        "object": lambda: _objects(schema, document, hostile=hostile),
        "array": lambda: st.lists(values(schema["items"], document, hostile=hostile), max_size=3),
        "integer": lambda: st.integers(least, most),
        "number": lambda: st.floats(least, most),
        "boolean": st.booleans,
        "null": st.none,
        "string": lambda: _texts(schema),
    }
    return makers[schema.get("type", "string")]()


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    match schema.get("format"):
        case "date":
            return st.dates().map(date.isoformat)
        case "date-time":
            return st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
    most = min(schema.get("maxLength", 80), 80)
    free = st.text(min_size=schema.get("minLength", 0), max_size=most)
    return st.one_of(free, st.from_regex(schema["pattern"])) if "pattern" in schema else free


def _objects(schema: Schema, document: Schema, *, hostile: bool) -> st.SearchStrategy[dict[str, Any]]:
    known = {name: values(each, document, hostile=hostile) for name, each in schema["properties"].items()}
    needed = {name: known[name] for name in schema.get("required", ())}
    rest = {name: each for name, each in known.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=rest)
