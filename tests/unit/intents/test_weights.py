from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intents.candidates import NAMES
from intents.weights import Weights, WeightsError, parse


def data(**changes: Any) -> str:
    return json.dumps({"format": 2, "answer_at": 0.6, "ask_at": 0.2, "rank": {}, "sure": {}} | changes)


def test_the_builtin_weights_fit_the_features() -> None:
    weights = Weights.builtin()
    assert set(weights.rank) == set(NAMES)
    assert not weights.words
    assert 0 < weights.ask_at < weights.answer_at < 1


def test_a_saved_file_reads_the_same(tmp_path: Path) -> None:
    weights = Weights(
        rank={"word_asked": 1.5},
        sure={"bias": -1.0},
        words={"宝宝": (0.1, -0.25, 0.0)},
        links={"宝宝": {"孩子": 1.0}},
        scope={"股票": (0.0, -2.0, 0.0)},
        note="测试",
    )
    weights.save(tmp_path / "w.json")
    assert Weights.load(tmp_path / "w.json") == weights


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a weights file"),
        ('{"format": 9}', "format 2"),
        (data(rank=[]), "`rank` must be an object"),
        (data(rank={"a": "x"}), r"rank\.a must be a number"),
        (data(answer_at=0.1), "ask_at"),
        (data(answer_at=2), "answer_at"),
        (data(words={"a": [1]}), "three numbers"),
        (data(links={"a": 1}), r"`links\.a` must be an object"),
        (data(sure={"bias": 1e999}), "finite"),
    ],
)
def test_mistakes_are_named_in_one_line(text: str, says: str) -> None:
    with pytest.raises(WeightsError, match=says) as caught:
        parse(text, "w.json")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("w.json")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="bot fit"):
        Weights.load(tmp_path / "none.json")
