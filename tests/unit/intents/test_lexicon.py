from __future__ import annotations

import pytest

from intents.analysis import analyser
from intents.lexicon import Lexicon, LexiconError, parse


def test_the_builtin_lexicon_knows_how_people_talk() -> None:
    lexicon = Lexicon.builtin()
    assert dict(lexicon.aliases)["准生证"] == "生育登记"
    assert lexicon.canonical["咋"] == "怎么"
    assert {"fee", "materials", "where", "duration"} <= {kind for kind, _ in lexicon.questions}


def test_a_hall_adds_its_own_words() -> None:
    lexicon = Lexicon.builtin().extended(words=["襄阳政策通"], aliases={"政策通": "襄阳政策通"})
    assert "襄阳政策通" in lexicon.words
    assert ("政策通", "襄阳政策通") in lexicon.aliases
    assert "襄阳政策通" not in Lexicon.builtin().words


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("words: ['']", "空的"),
        ("words: [12]", "不是文字"),
        ("words: ['，。']", "没有文字"),
        (f"words: [{'长' * 40}]", "超过"),
        ("synonyms: [[怎么]]", "只有一个词"),
        ("synonyms: [怎么]", "要写成一组"),
        ("aliases: {身份证丢了: ''}", "没有写正式名称"),
        ("other: 1", "不认识"),
        ("- a", "几个部分"),
        ("words: [", "YAML"),
    ],
)
def test_mistakes_are_named_in_chinese(text: str, says: str) -> None:
    with pytest.raises(LexiconError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [("怎么报名", False), ("是什么意思", False), ("那么多久能好", False), ("有用么", True), ("能办么", True)],
)
def test_the_end_of_zenme_and_shenme_does_not_ask_whether(text: str, asked: bool) -> None:  # noqa: FBT001
    reader = analyser(Lexicon.builtin())
    bit = 1 << reader.kinds.index("whether")
    assert bool(reader.kinds_of(text) & bit) is asked
