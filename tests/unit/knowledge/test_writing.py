"""What a clerk is told of an entry that can't stand as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from knowledge.entries import Basis, Entry
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.writing import Problem, advice_in, problems_in
from messages import Link
from storage.editorial import dossier_document
from tests.unit.knowledge.desk import ENTRY, in_state
from tests.unit.knowledge.test_files import ENTRIES


def _problems(entry: Entry, **more: Any) -> list[Problem]:
    return problems_in(entry, departments={"hrss"}, categories={"social"}, guides={"card"}, **more)


def test_a_good_entry_has_no_problems() -> None:
    assert _problems(ENTRY) == []
    assert _problems(replace(ENTRY, guide="card", answer="一" * 500)) == []


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"question": " "}, "question", "请填写标准问题。"),
        ({"answer": "\n"}, "answer", "请填写答案。"),
        ({"question": "问" * 61}, "question", "61 个字，最多 60 个字"),
        ({"answer": "一" * 501}, "answer", "1503 字节，一条消息最多 1500 字节"),
        ({"department": "x"}, "department", "没有这个部门，请从列表里选。"),
        ({"department": ""}, "department", "请选择部门。"),
        ({"category": "x"}, "category", "没有这个分类"),
        ({"guide": "x"}, "guide", "没有这个办事指南"),
        ({"valid_from": date(2028, 1, 1)}, "valid_until", "早于开始日期"),
        ({"alternates": ("补卡", "補卡！")}, "alternates", "“補卡！”和“补卡”是同一个问法"),
        ({"alternates": ("社保卡丢了怎么补办",)}, "alternates", "和标准问题是同一个问法"),
        ({"alternates": ("？？",)}, "alternates", "没有可以查找的文字"),
        ({"alternates": ("长" * 161,)}, "alternates", "161 个字，最多 160 个字"),
        ({"alternates": tuple(f"问法{n}怎么办" for n in range(301))}, "alternates", "最多 300 个"),
        ({"keywords": ("",)}, "keywords", "1 到 30 个字"),
        ({"answer": "带\x00身份证"}, "answer", "控制字符"),
        ({"question": "社保卡\ud800"}, "question", "控制字符"),
        ({"question": "社保卡\n补办"}, "question", "控制字符"),
        ({"id": "../x"}, "id", "编号只能用"),
        ({"answer_at": 1.5}, "answer_at", "0 到 1"),
        ({"basis": (Basis("办法", url="http://x.cn"),)}, "basis", "https://"),
        ({"basis": (Basis(" "),)}, "basis", "文件名称"),
    ],
)
def test_each_mistake_names_its_field_and_says_what_to_do(
    change: dict[str, Any], field: str, said: str
) -> None:
    found = _problems(replace(ENTRY, **change))
    assert [each.field for each in found] == [field]
    assert said in found[0].text
    assert found[0].text.endswith("。")


@pytest.mark.parametrize(
    "url",
    [
        "http://x.cn",
        "javascript:alert(1)",
        "//x.cn",
        "https://",
        "https://a b.cn/",
        "https://u@x.cn/",
        "https://x:y/",
    ],
)
def test_links_lead_to_whole_addresses_by_https_alone(url: str) -> None:
    assert [each.field for each in _problems(replace(ENTRY, links=(Link("指南", url),)))] == ["links"]


def test_a_phrasing_of_another_entry_is_named_with_that_entry() -> None:
    taken = {"补社保卡": "社保卡怎么补办？"}
    (found,) = _problems(ENTRY, taken=taken)
    assert found == Problem("alternates", "“补社保卡”已经是“社保卡怎么补办？”的问法，请只留在一处。")


def test_the_limit_of_the_answer_is_the_channel_s() -> None:
    assert [each.field for each in _problems(ENTRY, answer_limit_bytes=10)] == ["answer"]


def test_nothing_is_wrong_with_the_sample_hall() -> None:
    knowledge = read_folder(SAMPLE_FOLDER)
    hall = knowledge.hall
    found = [
        (entry.id, problem)
        for entry in knowledge.entries
        for problem in problems_in(
            entry,
            departments={each.id for each in hall.departments},
            categories={each.id for each in hall.categories},
            guides={each.id for each in knowledge.guides},
        )
    ]
    assert found == []


@given(ENTRIES)
def test_whatever_was_typed_is_judged_and_what_passes_can_be_stored(entry: Entry) -> None:
    problems = _problems(entry)
    assert all(problem.text.endswith("。") for problem in problems)
    dossier = in_state("draft", entry)
    assert dossier_document(dossier)["_id"] == entry.id


def test_advice_is_no_mistake() -> None:
    assert [each.field for each in advice_in(ENTRY)] == ["alternates", "review_on"]
    many = tuple(f"问法{number}" for number in range(6))
    assert advice_in(replace(ENTRY, alternates=many, review_on=date(2027, 1, 1))) == []
