"""Walking through a guide: always to an end, codes that say the answers, notices that fit them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.conditions import Equals
from knowledge.facts import UNKNOWN, Fact, FactValue, filled
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.guide_proof import MOST_ASKED, MOST_WALKS
from knowledge.guide_scenes import (
    SIGNS,
    StaleAnswersError,
    Walk,
    back,
    begin,
    branch_of,
    branches,
    mark,
    notice,
    resume,
    take,
    walks,
)
from knowledge.guides import Guide, Option, Question
from tests.unit.knowledge.scene_samples import SCENES

GUIDES = [SCENES, *(guide for guide in read_folder(SAMPLE_FOLDER).guides if guide.has_scenes)]


def answered(*labels: str) -> Walk:
    walk = begin(SCENES)
    for label in labels:
        assert walk.question is not None
        found = [branch.label for branch in branches(SCENES, walk.question)]
        walk = take(SCENES, walk, found.index(label))
    return walk


@given(st.data())
def test_whatever_is_answered_the_end_is_reached(data: st.DataObject) -> None:
    guide = data.draw(st.sampled_from(GUIDES))
    walk, asked = begin(guide), 0
    while walk.question is not None:
        asked += 1
        assert asked <= MOST_ASKED
        walk = take(guide, walk, data.draw(st.integers(0, len(branches(guide, walk.question)) - 1)))
        assert resume(guide, walk.code) == walk
    found = notice(guide, walk)
    assert found.place or found.phone
    assert found.ends or (found.materials and found.steps)
    for _ in range(asked):
        walk = back(guide, walk)
    assert walk == back(guide, walk) == begin(guide)


@given(st.sampled_from(GUIDES), st.text(max_size=12), st.booleans())
def test_a_made_up_code_restores_a_real_stand_or_nothing(guide: Guide, text: str, marked: bool) -> None:  # noqa: FBT001
    code = mark(guide) + text if marked else text
    try:
        walk = resume(guide, code)
    except StaleAnswersError:
        return
    assert walk.code == code
    assert set(code) <= set(SIGNS)


def test_all_ways_are_walked_and_none_twice() -> None:
    ways = list(walks(SCENES, MOST_WALKS))
    under_sixteen = 3 * 8
    others = 2 * (2 * 8 * 2 * 2 * 2 + 8 * 2 * 2)
    assert len(ways) == len({way.code for way in ways}) == under_sixteen + others
    assert len(list(walks(SCENES, 7))) == 7


def test_the_notice_of_one_case_and_of_another() -> None:
    rented = notice(
        SCENES,
        answered("租房", "吃的、玩具", "18 周岁及以上", "300 平方米及以上", "2020年1月1日及以后", "否"),
    )
    assert [each.name for each in rented.materials] == ["申请书", "租赁合同", "健康证", "消防材料"]
    assert rented.steps == ("取号", "现场核查", "领照")
    assert rented.place == "5 号窗口"
    assert rented.case[-1] == ("是第一次办吗？", "否")
    online = notice(
        SCENES, answered("只在网上卖", "都不卖", "16 周岁及以上、不到 18 周岁", "2020年1月1日以前", "是")
    )
    assert [each.name for each in online.materials] == ["申请书", "监护人同意书"]
    assert online.fee == "不收费"


def test_who_can_not_is_told_at_once_and_asked_no_further() -> None:
    walk = answered("自有房", "玩具", "不到 16 周岁")
    assert walk.question is None
    found = notice(SCENES, walk)
    assert (found.verdict, found.materials, found.fee) == ("未满 16 周岁不能办。", (), "")
    assert found.phone == "12345"


def test_numbers_and_dates_are_kept_as_the_interval_they_fall_into() -> None:
    age, since = SCENES.questions[2], SCENES.questions[4]
    assert [branch_of(SCENES, age, value) for value in (-5, 15, 16, 17, 18, 999)] == [0, 0, 1, 1, 2, 2]
    days = (date(1949, 10, 1), date(2019, 12, 31), date(2020, 1, 1), date(2030, 1, 1))
    assert [branch_of(SCENES, since, day) for day in days] == [0, 0, 1, 1]


def test_a_code_of_changed_questions_is_stale_and_one_of_changed_words_is_not() -> None:
    code = answered("租房").code
    reworded = replace(
        SCENES,
        title="开店铺",
        questions=(replace(SCENES.questions[0], text="店在哪？"), *SCENES.questions[1:]),
    )
    assert resume(reworded, code).question == SCENES.questions[1]
    shuffled = replace(SCENES.questions[0], options=SCENES.questions[0].options[::-1])
    asked_before = Question("new", "新问题？", "yes_no")
    for changed in (
        replace(SCENES, questions=(shuffled, *SCENES.questions[1:])),
        replace(SCENES, questions=(asked_before, *SCENES.questions)),
        replace(SCENES, variants=()),
    ):
        with pytest.raises(StaleAnswersError):
            resume(changed, code)


@pytest.mark.parametrize("tail", ["9", "00000000000", "é", "0 "])
def test_answers_that_do_not_exist_are_refused(tail: str) -> None:
    with pytest.raises(StaleAnswersError):
        resume(SCENES, mark(SCENES) + tail)
    with pytest.raises(StaleAnswersError):
        take(SCENES, begin(SCENES), 3)


def test_a_guide_without_questions_is_its_own_notice() -> None:
    plain = Guide("g", "补卡", "d", "c", "补卡", steps=("取号",))
    assert begin(plain).question is None
    assert notice(plain, begin(plain)).steps == ("取号",)


def test_a_condition_on_a_question_that_was_not_asked_does_not_hold() -> None:
    guide = replace(
        SCENES,
        questions=(
            Question("a", "甲？", options=(Option("x", "甲一"), Option("y", "甲二"))),
            Question("b", "乙？", "yes_no", when=Equals("a", "x")),
            Question("c", "丙？", "yes_no", when=Equals("b", "否")),
        ),
        variants=(),
        materials=SCENES.materials[:1],
        steps=("取号",),
    )
    assert [len(way.taken) for way in walks(guide, 10)] == [2, 3, 3, 1]


FEE = Fact(
    "shop-fee",
    "开店收费",
    (
        FactValue("10 元", date(2010, 1, 1), date(2019, 12, 31)),
        FactValue("5 元", date(2025, 1, 1)),
        FactValue("3 元", date(2027, 1, 1)),
    ),
)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2009, 12, 31), UNKNOWN),
        (date(2019, 12, 31), "10 元"),
        (date(2020, 1, 1), UNKNOWN),
        (date(2026, 12, 31), "5 元"),
        (date(2027, 1, 1), "3 元"),
    ],
)
def test_a_figure_is_the_one_of_the_day_and_never_an_old_one(day: date, said: str) -> None:
    assert filled(SCENES, {"shop-fee": FEE}, day).fee == said
    assert filled(SCENES, {}, day).fee == UNKNOWN
    assert mark(filled(SCENES, {"shop-fee": FEE}, day)) == mark(SCENES)
