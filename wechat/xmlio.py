"""XML in and out: a guard in front of the parser, and the one encoder of what we send.

The guard runs over the whole document with expat before anything else reads it. It stops at the first DOCTYPE
(so that no entity is ever declared), at attributes (the platform sends none), and at sizes that no push has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.parsers import expat

import xmltodict
from wechatpy import parse_message

from wechat.errors import MalformedError
from wechat.markup import clean_text

_DEPTH_LIMIT: Final = 12
"""The deepest push known, an article list of a publishing event, is 5 deep."""
_ELEMENT_LIMIT: Final = 2000

Value = str | int | Sequence[tuple[str, "Value"]]
"""What the encoder writes: text, a number, or nested elements."""


def read_push(text: str) -> Mapping[str, Any]:
    """The raw fields of a pushed XML document, by wechatpy behind the guard. Raises `MalformedError`."""
    _guard(text)
    try:
        fields = parse_message(text)._data  # noqa: SLF001 - wechatpy offers no other way to unknown fields
    except (KeyError, TypeError, AttributeError, ValueError, expat.ExpatError):
        raise MalformedError("bad_xml") from None
    if not isinstance(fields, dict):
        raise MalformedError("bad_xml")
    return fields


def read_document(text: str) -> Mapping[str, Any]:
    """The fields of any flat document of the platform, such as our own reply's envelope."""
    _guard(text)
    try:
        fields = xmltodict.parse(text)["xml"]
    except (KeyError, TypeError, ValueError, expat.ExpatError):
        raise MalformedError("bad_xml") from None
    if not isinstance(fields, dict):
        raise MalformedError("bad_xml")
    return fields


def write(fields: Sequence[tuple[str, Value]]) -> str:
    """An `<xml>` document. Element names come from our code alone; values may be hostile."""
    return f"<xml>{_write(fields)}</xml>"


def _write(fields: Sequence[tuple[str, Value]]) -> str:
    return "".join(f"<{name}>{_write_value(value)}</{name}>" for name, value in fields)


def _write_value(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # "]]>" can't stand in CDATA: it is split over two sections, which a parser joins again.
        return f"<![CDATA[{clean_text(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
    return _write(value)


def _guard(text: str) -> None:
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > _DEPTH_LIMIT or count > _ELEMENT_LIMIT:
            raise MalformedError("too_deep")
        if attributes or (depth == 1 and name != "xml"):
            raise MalformedError("not_a_push")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_declaration: object) -> None:
        raise MalformedError("doctype")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, ValueError):
        raise MalformedError("bad_xml") from None
