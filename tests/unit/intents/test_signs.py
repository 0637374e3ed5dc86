from __future__ import annotations

import gc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from intents.learned import Learned
from intents.postings import Postings
from intents.quiet import collecting_later
from intents.signs import Example, design, single, vocabulary
from intents.surety import FOLDS, folds_of

WORDS = ["宝宝", "孩子", "疫苗", "多少钱", "缴费", "提取"]
TEXT = st.frozensets(st.sampled_from(WORDS), min_size=1)


def example(asked: frozenset[str], *texts: frozenset[str], right: int = 0) -> Example:
    return Example(
        np.zeros((len(texts), 1)), np.arange(len(texts)) == right, known=True, asked=asked, texts=texts
    )


@given(asked=TEXT, texts=st.lists(TEXT, min_size=1, max_size=4))
def test_a_fit_and_a_running_index_see_the_same_signs(
    asked: frozenset[str], texts: list[frozenset[str]]
) -> None:
    dice = np.random.default_rng(3)
    words = {
        word: (float(a), float(b), float(c))
        for word, (a, b, c) in zip(WORDS, dice.random((6, 3)), strict=True)
    }
    links = {one: {other: float(dice.random()) for other in WORDS} for one in WORDS}
    signs = {(mark, word): row[place] for word, row in words.items() for place, mark in enumerate("=-+")}
    signs |= {(one, other): weight for one, row in links.items() for other, weight in row.items()}
    table = design([example(asked, *texts)], {sign: place for place, sign in enumerate(signs)})
    postings = Postings.build([sorted(text) for text in texts])
    runs = Learned.of(words, links, postings.vocabulary).scores(
        sorted(asked), np.arange(len(texts)), postings
    )
    assert np.allclose(table.words @ np.array(list(signs.values())), runs)


def test_a_sign_needs_to_be_seen_often_and_beside_right_candidates() -> None:
    asked, right, wrong = frozenset(["宝宝"]), frozenset(["孩子"]), frozenset(["缴费"])
    known = vocabulary([example(asked, right, wrong)] * 3)
    assert ("宝宝", "孩子") in known
    assert ("+", "孩子") in known
    assert ("宝宝", "缴费") not in known
    assert vocabulary([example(asked, right, wrong)] * 2) == {}


def test_single_signs_name_shared_lost_and_added_words() -> None:
    found = set(single(frozenset(["宝宝", "疫苗"]), frozenset(["孩子", "疫苗"])))
    assert found == {("=", "疫苗"), ("-", "宝宝"), ("+", "孩子")}


def test_collecting_begins_again_when_the_last_build_ends() -> None:
    assert gc.isenabled()
    with collecting_later():
        assert not gc.isenabled()
        with collecting_later():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collecting_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        with collecting_later():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_question_and_its_mistyped_copy_are_held_out_together() -> None:
    folds = folds_of(["a", "b", "c", "d", "a", "d"])
    assert set(folds) == set(range(FOLDS))
    assert (folds[0], folds[3]) == (folds[4], folds[5])
