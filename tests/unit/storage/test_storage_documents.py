"""What is written is what is read, through real BSON; damaged documents are named."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from handlers.conversation import Conversation, State
from handlers.turns import Turn
from helpdesk.handoffs import Handoff
from knowledge.conditions import AllOf, AnyOf, Before, Contains, Equals, LessThan, Minimum, NoneOf, OneOf
from knowledge.entries import Entry
from knowledge.guides import Guide
from knowledge.hall import Hall
from knowledge.hours import Hours, SpecialDay
from storage.conversations import load_conversation
from storage.documents import DamagedDocumentError, dump, load
from storage.outbox import load_item, outbox_document
from storage.turns import load_turn, turn_document
from wechat.outbox import OutboxItem

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12) | st.sampled_from(["$set", "a.b", "\0", "]]>", "👍🏽"]),
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    float: st.floats(allow_nan=False),
    datetime: st.integers(0, 4 * 10**12).map(
        lambda number: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number)
    ),
}

PERIODS = st.sampled_from([(), ("8:30-12:00",), ("8:30-12:00", "14:30-17:30")])
PLAIN[SpecialDay] = st.builds(
    SpecialDay, day=st.dates(), until=st.none(), periods=PERIODS, note=PLAIN[str]
) | st.dates().map(lambda day: SpecialDay(day, until=day))
PLAIN[Hours] = st.builds(
    Hours,
    periods=PERIODS,
    weekdays=st.lists(st.integers(1, 7), max_size=7, unique=True).map(tuple),
    saturday=PERIODS,
    sunday=PERIODS,
    national=st.booleans(),
    special=st.lists(PLAIN[SpecialDay], max_size=2).map(tuple),
    reply_minutes=st.integers(1, 10_000),
)
SIMPLE = (Equals, OneOf, Contains, Minimum, LessThan, Before)
JOINED = {AllOf, AnyOf, NoneOf}
"""These hold conditions again: one level of them is enough to see that nothing is lost."""


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, within what BSON can keep: 64-bit numbers, milliseconds, no lone surrogates."""
    if hint in JOINED:
        return st.builds(hint, st.lists(st.one_of(*(any_of(each) for each in SIMPLE)), max_size=2).map(tuple))
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: any_of(hints[field.name]) for field in fields(hint)})
    if get_origin(hint) is tuple:
        return st.lists(any_of(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) in {Union, UnionType}:
        return st.one_of(*(any_of(each) for each in get_args(hint)))
    return st.from_type(hint)


def through_bson(document: dict[str, Any]) -> dict[str, Any]:
    return bson.decode(bson.encode(document), CODEC)


def same(value: Any, kind: type[Any]) -> bool:
    return bool(load(TypeAdapter(kind), through_bson(dump(value)), name="it") == value)


@given(any_of(Conversation))
def test_a_conversation_is_read_as_it_was_written(conversation: Conversation) -> None:
    assert load_conversation(through_bson(dump(conversation))) == conversation


@given(any_of(Turn))
def test_a_turn_is_read_as_it_was_written(turn: Turn) -> None:
    assert load_turn(through_bson(turn_document(turn, keep_days=1))) == turn


@given(any_of(OutboxItem))
def test_an_outbox_item_is_read_as_it_was_written(item: OutboxItem) -> None:
    assert load_item(through_bson(outbox_document(item, keep_days=1))) == item


@pytest.mark.parametrize("kind", [Handoff, Entry, Guide, Hall])
@given(st.data())
def test_what_has_no_parts_is_read_as_it_was_written(kind: type[Any], data: st.DataObject) -> None:
    assert same(data.draw(any_of(kind)), kind)


def test_moments_are_kept_to_the_millisecond() -> None:
    state = State(at=datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC))
    stored = load(TypeAdapter(State), through_bson(dump(state)), name="it")
    assert stored.at == datetime(2026, 11, 23, 8, 0, 0, 123000, tzinfo=UTC)


def test_moments_of_other_zones_are_the_same_moments() -> None:
    assert same(State(at=datetime(2026, 11, 23, 16, 0, tzinfo=timezone(timedelta(hours=8)))), State)


def test_fields_of_a_newer_program_are_left_alone() -> None:
    document = {**dump(State(misses=2)), "new_field": {"part": "text", "content": "x"}}
    assert load(TypeAdapter(State), document, name="it") == State(misses=2)


@pytest.mark.parametrize(
    "damage",
    [
        {"misses": "many"},
        {"more": [{"part": "nonsense"}]},
        {"more": [{"part": "text", "text": "wrong field"}]},
        {"more": "text"},
        {"at": "yesterday"},
        {"recent": None},
    ],
)
def test_a_damaged_document_is_an_error_with_its_name(damage: dict[str, Any]) -> None:
    document = {**dump(State()), **damage}
    with pytest.raises(DamagedDocumentError, match=r"conversations/7 is damaged, restore it"):
        load(TypeAdapter(State), document, name="conversations/7")
