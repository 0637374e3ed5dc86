"""Two versions side by side: nothing hidden, nothing made up."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from knowledge.differences import FIELD_NAMES, Piece, Row, differences
from knowledge.dossiers import content_of
from knowledge.entries import Entry
from tests.unit.knowledge.desk import ENTRY
from tests.unit.knowledge.test_files import ENTRIES


def test_every_field_of_content_has_a_name() -> None:
    assert set(FIELD_NAMES) == {field.name for field in fields(Entry)} - {"id", "state", "version"}


def test_state_and_version_are_no_content() -> None:
    assert differences(ENTRY, replace(ENTRY, state="published", version=9)) == ()


def test_what_changed_within_a_line_is_marked() -> None:
    (found,) = differences(ENTRY, replace(ENTRY, answer="请带身份证到 5 号窗口。\n不收费。"))
    assert (found.field, found.name) == ("answer", "答案")
    changed, added = found.rows
    assert changed == Row(
        "changed",
        (Piece("请带身份证到 ", changed=False), Piece("3", changed=True), Piece(" 号窗口。", changed=False)),
        (Piece("请带身份证到 ", changed=False), Piece("5", changed=True), Piece(" 号窗口。", changed=False)),
    )
    assert added == Row("added", (), (Piece("不收费。", changed=True),))


def test_lists_are_compared_line_by_line() -> None:
    (found,) = differences(ENTRY, replace(ENTRY, alternates=("社保卡丢了", "新问法甲", "补社保卡")))
    assert [row.kind for row in found.rows] == ["same", "added", "same"]


def test_dates_and_choices_are_said_in_chinese() -> None:
    found = differences(
        ENTRY, replace(ENTRY, valid_until=date(2028, 1, 2), person_only=True, audience="person")
    )
    said = {each.field: "".join(_text(row.right) for row in each.rows) for each in found}
    assert said == {"audience": "个人", "valid_until": "2028年1月2日", "person_only": "是"}


def _text(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


@given(ENTRIES, ENTRIES)
def test_each_side_can_be_read_whole(old: Entry, new: Entry) -> None:
    found = differences(old, new)
    assert (found == ()) == (content_of(old) == content_of(replace(new, id=old.id)))
    for each in found:
        if each.field in {"question", "answer"}:
            left = "\n".join(_text(row.left) for row in each.rows if row.kind != "added")
            right = "\n".join(_text(row.right) for row in each.rows if row.kind != "removed")
            assert (left, right) == (getattr(old, each.field), getattr(new, each.field))


@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=6), st.lists(st.sampled_from("甲乙丙丁"), max_size=6))
def test_a_row_is_the_same_only_where_both_sides_are(left: list[str], right: list[str]) -> None:
    old, new = replace(ENTRY, alternates=tuple(left)), replace(ENTRY, alternates=tuple(right))
    for each in differences(old, new):
        assert all((row.kind == "same") == (row.left == row.right) for row in each.rows)
