"""The proof: what would send somebody in vain is found, with the case it is found for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.checks import problems_of
from knowledge.conditions import Before, Condition, Contains, Equals, LessThan, Minimum, NoneOf, OneOf
from knowledge.facts import Fact, FactValue
from knowledge.files import (
    GUIDE,
    SAMPLE_FOLDER,
    Knowledge,
    guide_line,
    parse_record,
    read_folder,
    read_guides,
)
from knowledge.guide_proof import problems_of_facts, problems_of_guide
from knowledge.guides import Guide, Material, Option, Question, Step, Variant
from knowledge.hall import Category, Department, Hall
from tests.unit.knowledge.scene_samples import SCENES, TODAY

HOUSE, AGE, FIRST = SCENES.questions[0], SCENES.questions[2], SCENES.questions[5]


def test_a_good_guide_has_no_problems() -> None:
    assert problems_of_guide(SCENES, ["market"]) == []


def more(**added: object) -> Guide:
    """The guide with one thing more in some of its lists."""
    lists: dict[str, Any] = {name: (*getattr(SCENES, name), thing) for name, thing in added.items()}
    return replace(SCENES, **lists)


def material(when: Condition) -> Guide:
    return more(materials=Material("甲", when=when))


def house(**changed: Any) -> Guide:
    """The guide with another first question."""
    return replace(SCENES, questions=(replace(HOUSE, **changed), *SCENES.questions[1:]))


def option(value: str, label: str, *aliases: str) -> Guide:
    return house(options=(*HOUSE.options, Option(value, label, aliases)))


NEVER = NoneOf((OneOf("house", ("own", "rent", "online")),))
OWN = Equals("house", "own")
LONG_LIST = tuple(Material(f"{number}" + "长" * 110) for number in range(15))
OLD_STEPS = (*SCENES.steps, Step("甲", OWN), Step("乙", LessThan("age", 18)), Step("丙", Minimum("area", 9)))
BROKEN: list[tuple[Guide, str]] = [
    (replace(SCENES, place=""), "place is missing: nobody is told where to go"),
    (replace(SCENES, hours=""), "hours is missing"),
    (replace(SCENES, materials=SCENES.materials[1:]), "no materials are left"),
    (replace(SCENES, steps=SCENES.steps[1:2]), "no steps are left"),
    (replace(SCENES, phone=""), ""),
    (replace(SCENES, phone="", place=""), "ends without a place or a phone"),
    (
        more(materials=Material("健康证", "原件", 2, when=OWN)),
        "material “健康证” is wanted 2 times (原件 × 2 / 复印件 × 1)",
    ),
    (more(variants=Variant(OWN, place="9 号")), "variants contradict each other in place: 5 号窗口 / 9 号"),
    (more(variants=Variant(OWN, department="x")), "department 'x' does not exist"),
    (more(variants=Variant(LessThan("age", 18), ends=True)), "without a verdict"),
    (more(variants=Variant(LessThan("age", 10), verdict="太小。", ends=True)), "two variants end the matter"),
    (material(Equals("house", "boat")), "has no option boat"),
    (material(Equals("boat", "own")), "question 'boat' does not exist"),
    (material(Contains("house", "own")), "this condition is for several"),
    (material(Minimum("since", 3)), "this condition is for number"),
    (material(Before("age", TODAY)), "this condition is for date"),
    (material(NEVER), "material “甲” is for nobody"),
    (more(steps=Step("乙", NEVER)), "step “乙” is for nobody"),
    (more(variants=Variant(NEVER, fee="1 元")), "variant 4 is for nobody"),
    (more(questions=Question("more", "还有吗？", "yes_no")), "question more: nothing depends on it"),
    (more(questions=replace(AGE, id="size")), "question size: nothing depends on it"),
    (
        replace(
            more(questions=Question("no", "有吗？", "yes_no", when=NEVER)),
            steps=("取号", Step("丁", Equals("no", "是"))),
        ),
        "question no is never asked",
    ),
    (house(when=Equals("first", "是")), "which is asked later"),
    (more(questions=HOUSE), "question house: the id is used 2 times"),
    (house(options=HOUSE.options[:1]), "has 1 options"),
    (option("shop", "自有房"), "typing “自有房” means “none”"),
    (option("boat", "船", "租的"), "typing “租的” means “none”"),
    (option("own", "借的"), "option own: the value is used 2 times"),
    (option("b", "长" * 17), "1 to 16 characters"),
    (house(text="长" * 41), "1 to 40 characters"),
    (house(hint="长" * 61), "shorten it to 60"),
    (more(questions=replace(FIRST, id="x", options=(Option("yes", "是"),))), "are called 是 and 否"),
    (more(materials=Material("甲", note="长" * 121)), "shorten it to 120"),
    (replace(SCENES, materials=LONG_LIST, steps=OLD_STEPS), "the notice has"),
]


@pytest.mark.parametrize(("guide", "said"), BROKEN, ids=[said[:40] for _, said in BROKEN])
def test_a_mistake_is_named(guide: Guide, said: str) -> None:
    found = problems_of_guide(guide, ["market"])
    assert any(said in each for each in found) if said else found == []


def test_the_case_stands_beside_the_mistake() -> None:
    (found,) = problems_of_guide(
        replace(SCENES, variants=(*SCENES.variants, Variant(Equals("house", "online"), place="网上"))),
        ["market"],
    )
    assert "只在网上卖 → " in found
    assert "and" in found


def test_too_many_ways_are_too_many_matters() -> None:
    questions = tuple(Question(f"q{n}", f"第{n}件？", "yes_no") for n in range(12))
    steps = tuple(Step(each.text, Equals(each.id, "是")) for each in questions)
    guide = replace(
        SCENES, questions=questions, steps=("取号", *steps), variants=(), materials=SCENES.materials[:1]
    )
    assert problems_of_guide(guide, ["market"]) == [
        "there are more than 3000 ways through the questions; split the guide"
    ]
    nine = replace(guide, questions=questions[:9], steps=("取号", *steps[:9]))
    assert any("9 questions are asked; 8 at most" in each for each in problems_of_guide(nine, ["market"]))


def test_figures_must_exist_and_hold_on_the_day() -> None:
    fee = Fact("shop-fee", "开店收费", (FactValue("5 元", date(2020, 1, 1), date(2026, 1, 1)),))
    assert list(problems_of_facts(SCENES, {"shop-fee": fee}, None)) == []
    assert "has no value on 2026-11-23" in "".join(problems_of_facts(SCENES, {"shop-fee": fee}, TODAY))
    assert "does not exist" in "".join(problems_of_facts(SCENES, {}, None))


HALL = Hall("厅", "地", "1", "全天", (Department("market", "市监局"),), (Category("business", "企业"),))
FEE = Fact("shop-fee", "开店收费", (FactValue("5 元", date(2020, 1, 1)),))


def test_the_whole_check_of_a_hall_includes_the_proof() -> None:
    knowledge = Knowledge(HALL, guides=(SCENES,), facts=(FEE,))
    assert problems_of(knowledge, today=TODAY) == []
    doubled = replace(
        knowledge,
        guides=(replace(SCENES, place=""), replace(SCENES, id="b", title="别的", formerly=("shop",))),
        facts=(FEE, FEE, Fact("empty", "空", ())),
    )
    said = "\n".join(problems_of(doubled, today=TODAY))
    for words in (
        "guide shop: place is missing",
        "guide b: 'shop' also means guide shop",
        "guide b: '开个店' also means guide shop",
        "fact shop-fee: the id is used 2 times",
        "fact empty: has no value",
    ):
        assert words in said


def test_guides_are_written_and_read_back_without_loss(tmp_path: Path) -> None:
    guides = (SCENES, *read_folder(SAMPLE_FOLDER).guides)
    path = tmp_path / "guides.jsonl"
    path.write_text("".join(f"{guide_line(guide)}\n" for guide in guides), encoding="utf-8")
    assert read_guides(path) == guides


def test_a_condition_that_is_none_is_named_once_with_what_to_write() -> None:
    record = {
        **GUIDE.dump_python(SCENES, mode="json"),
        "variants": [{"when": {"question": "house", "is": "own"}}],
    }
    problems: list[str] = []
    assert parse_record(GUIDE, record, "shop", problems) is None
    assert len(problems) == 1
    assert problems[0].startswith(
        "shop: variants.0.when: is no condition; write {question: ID, equals: VALUE}"
    )
