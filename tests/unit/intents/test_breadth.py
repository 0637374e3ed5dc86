"""Questions that say too little are asked back, however sure the ranking is of its first place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.decisions import Ambiguous, Match, NoMatch, Subject
from intents.matcher import Index
from tests.unit.intents.halls import SUBJECTS, hall

FUND = (
    Subject("fund-buy", "买房怎么提取公积金", ("买房提公积金",)),
    Subject("fund-rent", "租房怎么提取公积金", ("租房提公积金",)),
    Subject("fund-loan", "公积金贷款怎么申请", ("公积金贷款",)),
    Subject("fund-rate", "公积金贷款利率是多少", ("公积金利率",)),
)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.build([*SUBJECTS, *FUND])


@pytest.mark.parametrize("text", ["公积金", "公积金怎么办", "我想问一下公积金"])
def test_a_mere_subject_is_asked_back_with_what_is_known_of_it(index: Index, text: str) -> None:
    decision = index.decide(text)
    assert isinstance(decision, Ambiguous)
    assert {"fund-buy", "fund-rent", "fund-loan"} & set(decision.ids)
    assert any("说得太宽" in note for note in decision.evidence.notes)


@pytest.mark.parametrize("text", ["多少钱", "怎么办", "要什么材料"])
def test_a_question_about_nothing_is_not_guessed(index: Index, text: str) -> None:
    decision = index.decide(text)
    assert isinstance(decision, NoMatch)
    assert decision.vague
    assert decision.nearest == ()


def test_the_same_words_after_an_answer_are_a_follow_up() -> None:
    decision = hall().decide("多少钱", context="id-lost")
    assert not (isinstance(decision, NoMatch) and decision.vague)


def test_a_phrasing_that_somebody_wrote_down_ends_the_doubt(index: Index) -> None:
    told = [
        replace(each, alternates=(*each.alternates, "公积金")) if each.id == "fund-loan" else each
        for each in FUND
    ]
    decision = Index.build([*SUBJECTS, *told]).decide("公积金")
    assert isinstance(decision, Match)
    assert decision.id == "fund-loan"
    assert isinstance(index.decide("公积金贷款利率是多少"), Match)
