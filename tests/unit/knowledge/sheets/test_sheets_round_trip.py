"""Whatever an entry holds comes back from a file as it was; nothing in a file is a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from knowledge.entries import Basis, Entry
from knowledge.files import Knowledge
from knowledge.sheets.columns import COLUMNS
from knowledge.sheets.errors import SheetError
from knowledge.sheets.formats import Format
from knowledge.sheets.plan import plan_import
from knowledge.sheets.read import read_file
from knowledge.sheets.shelves import Shelves
from knowledge.sheets.write import write_entries, write_template
from messages import Link
from tests.unit.knowledge.sheets.sheet_samples import ENTRIES, FULL, HOSTILE, KNOWLEDGE, OTHER

FORMATS: tuple[Format, ...] = ("xlsx", "csv", "jsonl")


def test_each_field_of_an_entry_has_its_column_and_each_column_its_field() -> None:
    assert {column.field for column in COLUMNS} == {field.name for field in fields(Entry)}
    assert len({column.header for column in COLUMNS}) == len(COLUMNS)


def read_back(kind: Format, knowledge: Knowledge) -> tuple[Entry, ...]:
    reading = read_file(f"x.{kind}", write_entries(kind, knowledge), Shelves.of(knowledge))
    assert reading.mistakes == []
    return tuple(Entry(**draft.values) for draft in reading.drafts)


@pytest.mark.parametrize("kind", FORMATS)
@given(entries=st.lists(ENTRIES, min_size=1, max_size=4).map(tuple))
def test_what_is_exported_is_read_back_without_loss(kind: Format, entries: tuple[Entry, ...]) -> None:
    knowledge = replace(KNOWLEDGE, entries=entries)
    assert read_back(kind, knowledge) == entries


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_just_exported_changes_nothing(kind: Format) -> None:
    data = write_entries(kind, KNOWLEDGE)
    for mode in ("merge", "replace"):
        plan = plan_import(f"x.{kind}", data, KNOWLEDGE, revision=7, mode=mode)
        assert (plan.ready, plan.entries, plan.unchanged, plan.missing) == (True, (), 2, ())


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "entry",
    [
        replace(FULL, answer="很长" * 5000),
        replace(FULL, answer="\u0000=cmd|'/C calc'!A0\r\n\r"),
        replace(FULL, alternates=("", " ", "两\n行", '"引号"', "a" * 300)),
        replace(
            FULL, links=(Link("", ""), Link("a|b", "c｜d"), Link("[x]", "https://a")), basis=(Basis(""),)
        ),
        replace(FULL, valid_from=date(1, 1, 1), valid_until=date(1900, 2, 28), review_on=date(9999, 12, 31)),
        replace(FULL, version=2**60 // 10, answer_at=0.1 + 0.2),
        replace(FULL, department="人社局", guide="社保卡补办"),  # ids that are names of others
        replace(FULL, question="'=1+1", answer="＝SUM(A1)"),
    ],
)
def test_odd_entries_come_back(kind: Format, entry: Entry) -> None:
    assert read_back(kind, replace(KNOWLEDGE, entries=(entry, OTHER))) == (entry, OTHER)


@given(entries=st.lists(ENTRIES, min_size=1, max_size=3).map(tuple))
def test_no_cell_of_a_workbook_is_a_formula_or_an_error(entries: tuple[Entry, ...]) -> None:
    book = load_workbook(io.BytesIO(write_entries("xlsx", replace(KNOWLEDGE, entries=entries))))
    for sheet in book:
        for row in sheet.iter_rows():
            assert not {cell.data_type for cell in row} & {"f", "e"}


@given(entries=st.lists(ENTRIES, min_size=1, max_size=3).map(tuple))
def test_no_cell_of_a_csv_begins_like_a_formula(entries: tuple[Entry, ...]) -> None:
    text = write_entries("csv", replace(KNOWLEDGE, entries=entries)).decode("utf-8-sig")
    assert text.startswith('"编号","标准问"')
    for row in csv.reader(io.StringIO(text, newline="")):
        assert len(row) == len(COLUMNS)
        for cell in row:
            assert not cell.lstrip(" \t\r\n\v\f\xa0\u3000\u200b\ufeff\x00").startswith(tuple("=+-@＝＋－＠"))
            assert not cell.startswith(("\t", "\r", "\n"))


def test_a_text_too_long_for_a_cell_is_said_and_another_format_named() -> None:
    entry = replace(FULL, answer="长" * 32_768)
    knowledge = replace(KNOWLEDGE, entries=(entry,))
    with pytest.raises(
        SheetError, match="条目 card-lost 的“答案”超过一格能放的 32767 字；请导出为 CSV 或 JSONL"
    ):
        write_entries("xlsx", knowledge)
    assert read_back("csv", knowledge) == (entry,)
    longer = replace(KNOWLEDGE, entries=(replace(FULL, answer="长" * 131_073),))
    with pytest.raises(SheetError, match="请导出为 JSONL"):
        write_entries("csv", longer)
    assert read_back("jsonl", longer) == longer.entries


def test_the_workbook_is_comfortable_to_work_in() -> None:
    book = load_workbook(io.BytesIO(write_entries("xlsx", KNOWLEDGE)))
    assert book.sheetnames == ["条目", "填写说明", "部门和分类"]
    sheet = book["条目"]
    assert [cell.value for cell in sheet[1]] == [column.header for column in COLUMNS]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:R503")
    assert sheet["A1"].font.bold
    assert sheet["A1"].fill.fgColor.rgb == "001456B8"
    assert sheet["E2"].alignment.wrap_text
    assert sheet["A2"].number_format == "@"
    assert (sheet["F2"].value, sheet["L2"].value.date()) == ("测试县人社局", date(2026, 1, 1))
    assert sheet.column_dimensions["E"].width == 60
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert rules["F2:F503"].formula1 == "'部门和分类'!$B$2:$B$5"
    assert rules["G2:G503"].formula1 == "'部门和分类'!$D$2:$D$3"
    assert rules["H2:H503"].formula1 == '"个人,企业,个人和企业"'
    assert rules["O2:O503"].formula1.startswith('"草稿,审核中,')
    assert "2026-11-23" in rules["L2:L503"].prompt
    names = book["部门和分类"]
    assert [cell.value for cell in names[2]] == [
        "hrss",
        "测试县人社局",
        "social",
        "社会保障",
        "card",
        "社保卡补办",
    ]
    assert [cell.value for cell in names[4]][:2] == ["tax-1", "tax-1"]  # two departments of one name
    explained = {row[0].value for row in book["填写说明"].iter_rows()}
    assert {column.header for column in COLUMNS} < explained


def test_the_template_can_be_read_and_says_that_it_is_empty() -> None:
    with pytest.raises(SheetError, match="表里只有列名"):
        plan_import("模板.xlsx", write_template(KNOWLEDGE), KNOWLEDGE, revision=1)


@given(HOSTILE)
def test_what_a_clerk_types_into_an_answer_is_only_tidied(text: str) -> None:
    """Nothing typed by hand is taken for our own quoting unless we would have written it so."""
    kind = next(column.kind for column in COLUMNS if column.field == "answer")
    assert kind is not None
    value = kind.read(text)
    assert kind.read(kind.write(value)) == value
    tidied = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert value == tidied or kind.write(value) == text.strip()
