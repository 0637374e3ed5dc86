"""What an import would do: found by id or question, mistakes named by row and column, all at once."""

from __future__ import annotations

import codecs
import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from knowledge.checks import problems_of
from knowledge.entries import Basis, EntryState
from knowledge.files import Knowledge
from knowledge.sheets.errors import SheetError
from knowledge.sheets.plan import ImportPlan, Mode, new_id, plan_import
from knowledge.sheets.read import MOST_LISTED
from messages import Link
from tests.unit.knowledge.sheets.sheet_samples import (
    FULL,
    HEADERS,
    KNOWLEDGE,
    NEW_ROW,
    OTHER,
    a_workbook,
    member,
    saved,
    with_members,
)


def plan(
    data: bytes, name: str = "a.xlsx", mode: Mode = "merge", knowledge: Knowledge = KNOWLEDGE
) -> ImportPlan:
    return plan_import(name, data, knowledge, revision=4, mode=mode)


def csv_of(*rows: tuple[str, ...]) -> bytes:
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()


def test_new_rows_are_added_with_the_usual_values() -> None:
    found = plan(a_workbook(HEADERS, NEW_ROW))
    (added,) = found.added
    assert (added.row, added.before) == (2, None)
    assert added.after == replace(
        OTHER, id="new-one", question="居住证怎么办？", answer="到派出所。", state="draft"
    )
    assert [entry.id for entry in found.missing] == ["card-lost", "marriage"]
    assert (found.removed, found.revision, found.ready) == ((), 4, True)


def test_a_file_of_two_columns_changes_these_alone_and_says_what_differs() -> None:
    found = plan(a_workbook(("编号", "有效期至"), ("card-lost", date(2028, 1, 1)), ("marriage", None)))
    (changed,) = found.changed
    assert changed.after == replace(FULL, valid_until=date(2028, 1, 1))
    assert [(each.header, each.before, each.after) for each in changed.fields] == [
        ("有效期至", "2027-12-31", "2028-01-01")
    ]
    assert found.unchanged == 1


def test_an_empty_cell_clears_a_text_and_keeps_a_state() -> None:
    found = plan(
        a_workbook(("编号", "相似问", "状态", "版本", "对象"), ("card-lost", None, None, None, None))
    )
    (changed,) = found.changed
    assert changed.after == replace(FULL, alternates=())


def test_rows_without_an_id_are_found_by_their_question() -> None:
    headers = HEADERS[1:]
    known, fresh = (OTHER.question, "新答案", "民政局", "life"), ("新问题", "答", "社保局", "social")
    found = plan(a_workbook(headers, known, fresh))
    assert [each.after for each in found.changed] == [replace(OTHER, answer="新答案")]
    (added,) = found.added
    assert (added.after.id, added.after.department) == (new_id("新问题"), "hrss")
    taken = Knowledge(KNOWLEDGE.hall, (replace(OTHER, id=new_id("新问题")),), KNOWLEDGE.guides)
    assert plan(a_workbook(headers, fresh), knowledge=taken).added[0].after.id == f"{new_id('新问题')}-2"


def test_the_usual_ways_to_type_things_are_understood() -> None:
    more = ("关键词", "链接", "依据", "生效日期", "有效期至", "只由人工回答", "直接回答的把握", "对象")
    row = ("n", " 问 ", "答\r\n案 ", "hrss", "社会保障", "甲、乙;丙\n丁", "标题｜https://a.cn", "某法 | 1 号")
    rest = ("2026年1月2日", datetime(2027, 3, 4), True, "80%", "business")  # noqa: DTZ001 - as in a cell
    found = plan(a_workbook((*HEADERS, *more), (*row, *rest)))
    assert found.errors == ()
    entry = found.added[0].after
    assert (entry.question, entry.answer) == ("问", "答\n案")
    assert entry.keywords == ("甲", "乙", "丙", "丁")
    assert (entry.links, entry.basis) == ((Link("标题", "https://a.cn"),), (Basis("某法", "1 号"),))
    assert (entry.valid_from, entry.valid_until) == (date(2026, 1, 2), date(2027, 3, 4))
    assert (entry.person_only, entry.answer_at, entry.audience) == (True, 0.8, "business")


@pytest.mark.parametrize(
    "written",
    ["2026-11-23", "2026/11/23", "2026.11.23", "2026年11月23日", "20261123", 20261123, "2026-11-23 00:00:00"],
)
def test_dates(written: object) -> None:
    found = plan(a_workbook(("编号", "复核日期"), ("marriage", written)))
    assert found.changed[0].after.review_on == date(2026, 11, 23)


def test_a_number_that_is_not_shown_as_a_date_is_none() -> None:
    found = plan(a_workbook(("编号", "复核日期"), ("marriage", 46349)))
    assert found.lines() == ["第 2 行“复核日期”：日期要写成 2026-11-23，不能写成“46349”"]


def test_every_mistake_is_named_by_row_and_column() -> None:
    headers = (*HEADERS, "有效期至", "状态", "链接", "版本", "相似问题", "直接回答的把握")
    good = ("a", "问一", "答", "民政局", "life")
    rows = (
        (*good, "2026-2-30", "上线", "只有标题", "1.5", None, "80"),
        ("b", None, "答" * 501, "人社居", "life", "明年", None, "标题 | http://a.cn", 0),
        ("a", "问三", "答", "税务局", "没有"),
    )
    assert plan(a_workbook(headers, *rows)).lines() == [
        "第 1 行“相似问题”：不认识这个列名，是不是“相似问”？",
        "第 2 行“链接”：每行要写成“标题 | 网址”，这一行不是：只有标题",
        "第 2 行“有效期至”：没有“2026-2-30”这一天，日期要写成 2026-11-23",
        "第 2 行“状态”：只能填草稿、审核中、待修改、待发布、定时发布、已发布、已过期、已撤下，不能填“上线”",
        "第 2 行“版本”：要写成整数，从 1 开始，不能写成“1.5”",
        "第 2 行“直接回答的把握”：要写成 0 到 1 之间的数，如 0.8，不能写成“80”",
        "第 3 行“标准问”：不能空着",
        "第 3 行“部门”：没有“人社居”这个部门，是不是“人社局”",
        "第 3 行“有效期至”：日期要写成 2026-11-23，不能写成“明年”",
        "第 3 行“版本”：要写成整数，从 1 开始，不能写成“0”",
        "第 4 行“编号”：“a”和第 2 行重复，只留一行",
        "第 4 行“部门”：“税务局”有 2 个，请改写编号：tax-1、tax-2",
        "第 4 行“分类”：没有“没有”这个分类",
    ]  # fmt: skip


def test_the_rules_of_the_knowledge_base_are_said_by_row_and_column() -> None:
    headers = (*HEADERS, "相似问", "链接", "生效日期", "有效期至")
    rows = (
        (
            *("a", "问一", "答" * 501, "mca", "life", "社保卡不见了咋办", "标题 | http://a.cn"),
            *("2027-01-01", "2026-01-01"),
        ),
        ("新", "问二", "答", "mca", "life", "问一"),
    )
    assert plan(a_workbook(headers, *rows)).lines() == [
        "第 2 行“相似问”：“社保卡不见了咋办”已经是“社保卡丢了怎么补办？”的问法，请只留在一处",
        "第 2 行“答案”：答案有 1503 字节，一条消息最多 1500 字节（一个汉字 3 字节），请精简",
        "第 2 行“链接”：链接“http://a.cn”要以 https:// 开头",
        "第 2 行“有效期至”：有效期的结束日期早于开始日期，请改正",
        "第 3 行“编号”：编号只能用英文字母、数字、点、横线和下划线，最多 64 个字",
        "第 3 行“相似问”：“问一”已经是“问一（第 2 行）”的问法，请只留在一处",
    ]


def test_at_most_two_hundred_mistakes_are_listed_and_the_rest_counted() -> None:
    rows = [(f"e{number}", "明天") for number in range(300)]
    found = plan(a_workbook(("编号", "有效期至"), *rows))
    assert (len(found.errors), found.more_errors) == (MOST_LISTED, 100)
    assert found.lines()[-1] == "还有 100 处错误没有列出。"
    assert not found.ready


def test_headers_are_forgiving_but_not_twice() -> None:
    found = plan(a_workbook((" 编 号", "answer", "答案*", None), ("marriage", "新", "旧", "多余")))
    assert found.lines() == [
        "第 1 行“答案”：这一列出现了两次，请删掉一列",
        "第 2 行：D 列没有列名，格里却有内容",
    ]


def test_replacing_removes_what_the_file_does_not_name() -> None:
    found = plan(a_workbook(("编号", "答案"), ("card-lost", "新")), mode="replace")
    assert [entry.id for entry in found.removed] == ["marriage"]
    lost = plan(a_workbook(("编号", "答案"), ("marriage", "新")), mode="replace")
    assert lost.lines() == ["测试问题“卡没了”要用条目 card-lost 回答，文件里却没有它"]


def test_a_row_with_a_mistake_is_still_there_when_replacing() -> None:
    found = plan(a_workbook(("编号", "版本"), ("card-lost", 1), ("marriage", "x")), mode="replace")
    assert found.missing == ()


@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode("gb18030"),
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: codecs.BOM_UTF16_LE + text.replace(",", "\t").encode("utf-16-le"),
        lambda text: text.replace(",", ";").replace("\n", "\r\n").encode("gb18030"),
    ],
)
def test_csv_as_chinese_offices_save_it(encoded: Any) -> None:
    text = "编号,标准问,答案,部门,分类\nn,𠮷野家在哪办？😀,到窗口。,民政局,婚姻家庭\n"
    found = plan(encoded(text), "A.CSV")
    assert found.added[0].after.question == "𠮷野家在哪办？😀"


def test_rows_of_a_csv_are_counted_as_a_spreadsheet_shows_them() -> None:
    data = '编号,答案,版本\n\nmarriage,"两\n行",1\n\ncard-lost,答,错\n'.encode()
    assert plan(data, "a.csv").lines() == ["第 5 行“版本”：要写成整数，从 1 开始，不能写成“错”"]


def test_jsonl_is_whole_entries_and_its_mistakes_are_named_alike() -> None:
    whole = {"id": "marriage", "question": "问", "answer": "答", "department": "mca", "category": "life"}
    lines = [
        {**whole, "state": "published"},
        {**whole, "id": "b", "answr": "x", "valid_until": "2026-13-01", "state": "live", "version": "x"},
        {"id": "c", "links": [{"title": "t", "url": 1}]},
        [],
    ]
    data = "\n".join([*(json.dumps(line) for line in lines), "{"]).encode()
    assert plan(data, "a.jsonl").lines() == [
        "第 2 行“有效期至”：日期要写成 2026-11-23",
        f"第 2 行“状态”：只能是 {'、'.join(repr(state) for state in get_args(EntryState))}",
        "第 2 行“版本”：要写成整数",
        "第 2 行“answr”：没有这个字段，是不是 answer？",
        "第 3 行“标准问”：缺少这一项",
        "第 3 行“答案”：缺少这一项",
        "第 3 行“部门”：缺少这一项",
        "第 3 行“分类”：缺少这一项",
        "第 3 行“链接”：要写成文字（0.url）",
        "第 4 行：要写成一个 JSON 对象，用大括号括起来",
        "第 5 行：这一行不是完整的 JSON 对象",
    ]  # fmt: skip
    (changed,) = plan(json.dumps(lines[0]).encode(), "a.jsonl").changed
    assert changed.after == replace(OTHER, question="问", answer="答")


def test_progress_is_told_for_reading_and_for_checking() -> None:
    told: list[tuple[int, int]] = []
    rows = [(f"e{number}", f"第 {number} 问", "答", "mca", "life") for number in range(450)]
    plan_import(
        "a.xlsx",
        a_workbook(HEADERS, *rows),
        KNOWLEDGE,
        revision=1,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(number, 900) for number in (200, 400, 450, 650, 850, 900)]


def test_dates_of_a_mac_and_addresses_that_excel_made_links_of() -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(("编号", "复核日期", "链接"))
    sheet.append(("marriage", date(2026, 11, 23), "网上办 | https://hall.example"))
    sheet["C2"].hyperlink = "https://hall.example"
    (changed,) = plan(saved(book)).changed
    expected = replace(OTHER, review_on=date(2026, 11, 23), links=(Link("网上办", "https://hall.example"),))
    assert changed.after == expected


def test_the_sheet_of_entries_is_found_by_its_name_and_hidden_ones_are_not_read() -> None:
    data = a_workbook(HEADERS, NEW_ROW, title="其他")
    assert plan(data).added
    book = member(data, "xl/workbook.xml").replace(b'state="visible"', b'state="hidden"')
    with pytest.raises(SheetError, match="损坏"):
        plan(with_members(data, {"xl/workbook.xml": book}))


def test_texts_shared_rich_and_escaped_as_excel_stores_them() -> None:
    shared = (
        "<sst><si><t>编号</t></si><si><r><t>答</t></r><r><t>案</t></r><rPh><t>DA</t></rPh></si>"
        "<si><t>marriage</t></si><si><t xml:space='preserve'>一_x000D_&#10;二_x005F_x0041_</t></si></sst>"
    )
    sheet = (
        "<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row>"
        "<row r='9'><c r='A9' t='s'><v>2</v></c><c r='B9' t='s'><v>3</v></c></row></sheetData></worksheet>"
    )
    plain = a_workbook(("x",))
    relation = b'<Relationship Type="x/sharedStrings" Target="strings.xml" Id="s"/></Relationships>'
    name = "xl/_rels/workbook.xml.rels"
    relations = member(plain, name).replace(b"</Relationships>", relation)
    changes = {"xl/strings.xml": shared.encode(), "xl/worksheets/sheet1.xml": sheet.encode()}
    data = with_members(plain, {**changes, name: relations})
    (changed,) = plan(data).changed
    assert (changed.row, changed.after.answer) == (9, "一\n二_x0041_")


CELLS = (
    st.none()
    | st.text(max_size=8)
    | st.sampled_from(["mca", "life", "card-lost", "问", "2026-1-1", "已发布"])
)


@given(st.lists(st.tuples(*[CELLS] * 8), min_size=1, max_size=4))
def test_a_plan_without_mistakes_brings_no_new_problem(rows: list[tuple[str | None, ...]]) -> None:
    headers = ("编号", "标准问", "答案", "部门", "分类", "相似问", "有效期至", "状态")
    text = [tuple((cell or "").replace('"', "").replace("\0", "") for cell in row) for row in rows]
    try:
        found = plan(csv_of(headers, *text), "a.csv")
    except SheetError:
        return
    after = {entry.id: entry for entry in KNOWLEDGE.entries} | {entry.id: entry for entry in found.entries}
    if found.ready:
        assert set(problems_of(replace(KNOWLEDGE, entries=tuple(after.values())))) <= set(
            problems_of(KNOWLEDGE)
        )
