"""Files that are not taken: each refused in one Chinese sentence, before it can do harm."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from knowledge.sheets import package
from knowledge.sheets.errors import SheetError
from knowledge.sheets.formats import MOST_BYTES, refuse_size
from knowledge.sheets.plan import ImportPlan, plan_import
from tests.unit.knowledge.sheets.sheet_samples import (
    HEADERS,
    KNOWLEDGE,
    NEW_ROW,
    a_workbook,
    member,
    saved,
    with_members,
)

GOOD = a_workbook(HEADERS, NEW_ROW)
SHEET = "xl/worksheets/sheet1.xml"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def plan(name: str, data: bytes) -> ImportPlan:
    return plan_import(name, data, KNOWLEDGE, revision=1)


def refused(name: str, data: bytes) -> str:
    with pytest.raises(SheetError) as error:
        plan(name, data)
    said = str(error.value)
    assert "\n" not in said
    assert said.endswith("。")
    return said


def test_the_good_file_that_the_others_are_made_of_is_taken() -> None:
    assert [each.after.id for each in plan("新.xlsx", GOOD).added] == ["new-one"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xls", OLE + bytes(600), "另存为 .xlsx"),
        ("a.xlsx", OLE + bytes(600), "旧版 Excel"),
        ("a.xlsx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        ("a.xlsm", GOOD, "带有宏"),
        ("a.xlsx", with_members(GOOD, {"xl/vbaProject.bin": b"x"}), "带有宏"),
        ("a.xlsx", with_members(GOOD, {"xl/externalLinks/externalLink1.xml": b"<x/>"}), "引用了别的工作簿"),
        ("a.xlsx", with_members(GOOD, {"xl/connections.xml": b"<x/>"}), "外部数据"),
        ("a.xlsx", with_members(GOOD, {"xl/embeddings/o.bin": b"x"}), "嵌有别的文件"),
        ("a.xlsx", with_members(GOOD, {"xl/workbook.bin": b"x"}), "xlsb"),
        ("a.xlsx", b"just text", "不是 .xlsx"),
        ("a.xlsx", b"", "空的"),
        ("a.xlsx", GOOD[:-300], "损坏"),
        ("a.xlsx", with_members(GOOD, {"[Content_Types].xml": None}), "不是 .xlsx"),
        ("a.xlsx", with_members(GOOD, {SHEET: b"<worksheet><sheetData>"}), "损坏"),
        ("a.docx", GOOD, "只认 .xlsx、.csv 和 .jsonl"),
        ("a", GOOD, "只认"),
        ("a.csv", GOOD, "扩展名"),
        ("a.csv", b"\xff\xff\x81", "不是文字文件"),
        ("a.csv", b"a\0b", "不是文字文件"),
        ("a.csv", '编号,标准问\n"a,b\n'.encode(), "引号"),
        ("a.csv", "颜色,尺寸\n红,大\n".encode(), "没有认得的列名"),
        ("a.csv", "答案,部门\n红,大\n".encode(), "没有“编号”列"),
        ("a.csv", "编号,答案\n".encode(), "只有列名"),
        ("a.csv", b"\n\n", "什么也没有"),
        ("a.jsonl", b"\n", "没有条目"),
        ("a.xlsx", a_workbook(), "什么也没有"),
    ],
)  # fmt: skip
def test_a_file_of_the_wrong_kind(name: str, data: bytes, said: str) -> None:
    assert said in refused(name, data)


def test_a_macro_workbook_under_another_name() -> None:
    types = member(GOOD, "[Content_Types].xml").replace(
        b"spreadsheetml.sheet.main+xml", b"spreadsheetml.sheet.macroEnabled.main+xml"
    )
    assert "macroEnabled" in types.decode()
    assert "带有宏" in refused("a.xlsx", with_members(GOOD, {"[Content_Types].xml": types}))


def test_a_workbook_with_formulas_names_the_first_one() -> None:
    data = a_workbook(HEADERS, NEW_ROW, ("b", "问", '=HYPERLINK("http://x")', "mca", "=1+1"))
    assert refused("a.xlsx", data).startswith("第 3 行“答案”等 2 格是公式；请复制后“选择性粘贴”为数值")


def test_merged_cells() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADERS, NEW_ROW, ("b", "问", "答", "mca", "life")):
        sheet.append(row)
    sheet.merge_cells("D2:D3")
    assert "合并的单元格（D2:D3）" in refused("a.xlsx", saved(book))


def test_fifty_megabytes_are_refused_by_their_size_alone() -> None:
    assert "文件有 50.0 MB，最多 20 MB" in refused("a.xlsx", bytes(50 * 1024 * 1024))
    with pytest.raises(SheetError, match="最多 20 MB"):
        refuse_size(MOST_BYTES + 1)
    refuse_size(MOST_BYTES)


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = with_members(GOOD, {SHEET: bytes(64 * 1024 * 1024)})
    assert len(bomb) < 200_000
    assert refused("a.xlsx", bomb) == package.BOMB
    many = with_members(GOOD, {f"xl/{number}.xml": b"x" * 100 for number in range(2100)})
    assert refused("a.xlsx", many) == package.BOMB


def test_a_zip_bomb_in_many_members_is_refused_by_their_sum() -> None:
    piece = bytes(package.SMALL)
    many = with_members(GOOD, {f"xl/media/{number}.png": piece for number in range(33)})
    assert refused("a.xlsx", many) == package.BOMB


def test_a_zip_bomb_that_lies_about_its_size_ends_at_what_it_said() -> None:
    """The directory says 100 bytes, the member unpacks to 64 MB: nothing beyond the 100 is ever unpacked."""
    bomb = bytearray(with_members(GOOD, {SHEET: bytes(64 * 1024 * 1024)}))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        real = archive.getinfo(SHEET).file_size.to_bytes(4, "little")
    assert bomb.count(real) >= 2
    lying = bytes(bomb.replace(real, (100).to_bytes(4, "little")))
    assert "损坏" in refused("a.xlsx", lying)


def test_what_is_read_is_counted_whatever_was_declared() -> None:
    with package.opened(GOOD) as opened:
        opened.left = 1000
        with pytest.raises(SheetError, match="解压后过大"):
            opened.read(SHEET, package._Relations(""))


def test_an_entity_bomb_and_an_outside_entity_are_refused() -> None:
    for doctype in (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ):
        sheet = member(GOOD, SHEET).replace(b"<worksheet", doctype + b"<worksheet", 1)
        assert "损坏" in refused("a.xlsx", with_members(GOOD, {SHEET: sheet}))


def test_too_many_rows_and_columns() -> None:
    lines = "".join(f"e{number},答\n" for number in range(20_001))
    assert "超过 20000 行" in refused("a.csv", ("编号,答案\n" + lines).encode())
    assert "超过 20000 行" in refused("a.jsonl", b"{}\n" * 20_001)
    assert "超过 200 列" in refused("a.csv", ("编号,答案\n" + "," * 300 + "x\n").encode())
    assert "超过 200 列" in refused("a.xlsx", a_workbook(HEADERS, ("x",) * 300))


def test_an_encrypted_member() -> None:
    data = bytearray(GOOD)
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    assert "打开密码" in refused("a.xlsx", bytes(data))


@given(st.data())
def test_a_damaged_file_is_refused_and_never_a_crash(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SheetError):
        assert plan("a.xlsx", bytes(damaged)).unchanged == 0


@given(st.text(st.sampled_from('<>/="&;crv123tsisfrowr A1_x0041_')))
def test_a_sheet_of_odd_markup_is_refused_or_read_and_never_a_crash(inside: str) -> None:
    sheet = f"<worksheet><sheetData><row>{inside}</row></sheetData></worksheet>".encode()
    with pytest.raises(SheetError):
        plan("a.xlsx", with_members(GOOD, {SHEET: sheet}))


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.jsonl", "a.xlsx"]))
def test_bytes_of_any_kind_are_refused_or_listed_as_mistakes(data: bytes, name: str) -> None:
    with contextlib.suppress(SheetError):
        assert not plan(name, data).ready
