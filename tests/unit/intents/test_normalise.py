from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.normalise import MAX_CHARACTERS, fold, normalise

CHINESE = st.text(
    alphabet=st.sampled_from(
        list("你好请问麻烦谢谢身份证丢了怎麼辦啊呢嘛二〇五十百千年元岁月天個万一三，。？！ ab1.%Ａ１")
    )
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("你好，我想问一下，请问身份證丟了怎麼辦啊？谢谢！！", "身份证丢了怎么办"),
        ("ＡＢＣ１２３", "abc123"),
        ("二〇二五年十八岁三十天", "2025年18岁30天"),
        ("一百二十元", "120元"),
        ("五险一金", "五险一金"),
        ("万一办不了", "万一办不了"),
        ("社保😀😀卡", "社保卡"),
        ("身\u200b份\u200b证", "身份证"),
        ("你好", "你好"),
        ("谢谢", "谢谢"),
        ("", ""),
        ("😀🎉", ""),
        ("level 2 怎么用", "level 2怎么用"),
    ],
)
def test_texts_are_read_in_one_spelling(typed: str, read: str) -> None:
    assert normalise(typed) == read


@given(st.text())
def test_reading_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(CHINESE)
@settings(max_examples=300)
def test_reading_chinese_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(alphabet=st.characters(categories=["Cs", "Cf", "So", "Lo"])))
def test_strange_characters_leave_only_letters(text: str) -> None:
    assert all(not 0xD800 <= ord(character) <= 0xDFFF for character in fold(text))


def test_long_texts_are_cut() -> None:
    assert len(normalise("办证" * 5000)) <= MAX_CHARACTERS
