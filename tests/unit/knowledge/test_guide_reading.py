"""What people type, read as answers; and what is no answer stays none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.guide_reading import read_answer, read_date, read_number, read_option
from knowledge.guide_scenes import branches
from knowledge.guides import Option, Question
from tests.unit.knowledge.scene_samples import SCENES, TODAY

HUKOU = (
    Option("local", "本县户口", ("本地", "本县")),
    Option("outside", "外省户口", ("外地", "外省", "外地户口")),
    Option("young", "不满 16 周岁"),
    Option("grown", "满 16 周岁"),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("本县户口", "local"),
        ("我是外地的", "outside"),
        ("外地户口。", "outside"),
        ("外省户囗口", "outside"),
        ("應該是外省戶口吧", "outside"),
        ("满16周岁了", "grown"),
        ("不满十六周岁", "young"),
        ("外地户口需要什么材料", None),
        ("不是外地户口", None),
        ("外地人在本县买房怎么落户", None),
        ("户口", None),
        ("今天天气不错", None),
        ("", None),
        ("😀", None),
    ],
)
def test_one_option(text: str, value: str | None) -> None:
    found = read_option(HUKOU, text)
    assert (None if found is None else HUKOU[found].value) == value


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1 3", "吃的、玩具"),
        ("1、2和3", "吃的、喝的、玩具"),
        ("13", "吃的、玩具"),
        ("3", "玩具"),
        ("4", "都不卖"),
        ("都没有", "都不卖"),
        ("全部", "吃的、喝的、玩具"),
        ("食品和饮料", "吃的、喝的"),
        ("吃的", "吃的"),
        ("1 9", None),
        ("0", None),
        ("吃的和房子", None),
        ("不知道", None),
    ],
)
def test_several_options(text: str, label: str | None) -> None:
    question = SCENES.questions[1]
    found = read_answer(SCENES, question, text, TODAY)
    assert (None if found is None else branches(SCENES, question)[found].label) == label


@pytest.mark.parametrize(
    ("text", "place"),
    [("是的", 0), ("对", 0), ("有", 0), ("没有", 1), ("不是", 1), ("不是吗？", None), ("也许", None)],
)
def test_yes_and_no(text: str, place: int | None) -> None:
    assert read_answer(SCENES, SCENES.questions[5], text, TODAY) == place


def test_yes_and_no_in_other_words() -> None:
    question = Question(
        "who", "本人来办吗？", "yes_no", (Option("是", "本人来"), Option("否", "别人代办", ("代办",)))
    )
    assert [read_answer(SCENES, question, text, TODAY) for text in ("我本人来", "找人代办", "本人")] == [
        0,
        1,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("3年", "年", 3),
        ("十五年零三个月", "年", 15),
        ("交了 12 年了", "年", 12),
        ("三万", "元", 30000),
        ("三万", "万元", 3),
        ("半年", "月", 6),
        ("两年", "月", 24),
        ("8个月", "年", 0),
        ("二十", "周岁", 20),
        ("120.5 平方", "平方米", 120),
        ("不到15年", "年", 14),
        ("快满十六岁了", "周岁", 15),
        ("15年多", "年", 15),
        ("十多年", "年", None),
        ("3 到 5 年", "年", None),
        ("几年才够", "年", None),
        ("没交过", "年", None),
        ("99999999999999", "年", None),
    ],
)
def test_numbers(text: str, unit: str, number: int | None) -> None:
    assert read_number(text, unit) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1966年5月3日", date(1966, 5, 3)),
        ("1966-05", date(1966, 5, 1)),
        ("66年5月", date(1966, 5, 1)),
        ("05年3月", date(2005, 3, 1)),
        ("一九六六年五月", date(1966, 5, 1)),
        ("19660503", date(1966, 5, 3)),
        ("我是1970年3月生的", date(1970, 3, 1)),
        ("2026年2月30日", None),
        ("去年", None),
        ("1234", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert read_date(text, TODAY) == day


@given(st.sampled_from(SCENES.questions), st.text(max_size=30))
def test_any_text_is_an_answer_or_none_and_nothing_breaks(question: Question, text: str) -> None:
    found = read_answer(SCENES, question, text, TODAY)
    assert found is None or 0 <= found < len(branches(SCENES, question))
