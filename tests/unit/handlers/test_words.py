"""Commands are short phrases matched whole; a question that contains one stays a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.words import chosen_number, command, has_words, tidy

COMMANDS = {
    "human": [
        "人工",
        "转人工",
        "我要转人工",
        "请转人工客服",
        "找真人",
        "找个人",
        "人工服务",
        "联系工作人员",
        "人工！",
        "转接人工吧",
        "换人工",
    ],
    "cancel_human": ["取消人工", "不用人工了", "取消排队", "不等了"],
    "more": ["更多", "继续", "看更多", "下一页", "更多内容"],
    "useless": ["没用", "没有用", "不对", "答非所问", "没帮助", "没解决"],
    "useful": ["有用", "有帮助", "解决了"],
    "thanks": [
        "谢谢",
        "谢谢您！",
        "非常感谢",
        "好的谢谢",
        "好的，谢谢",
        "好的",
        "知道了",
        "明白了",
        "嗯嗯",
        "收到",
        "OK",
    ],
    "goodbye": ["再见", "拜拜", "88", "bye"],
    "greeting": ["你好", "您好", "在吗", "hello", "早上好", "有人吗", "你好啊"],
    "help": ["帮助", "菜单", "怎么用", "你是谁", "？", "???", "你会什么"],
}
QUESTIONS = [
    "人工授精要什么证明",
    "人工耳蜗有补贴吗",
    "人工费发票怎么开",
    "有用人单位欠薪怎么办",
    "没用完的公积金能取吗",
    "你好我想问一下社保卡丢了怎么补",
    "谢谢你上次的帮助，再问下医保怎么报销",
    "好的那要带什么材料",
    "继续教育学分怎么查",
    "更多地方能办吗",
    "帮助残疾人的补贴",
    "不对外营业是什么意思",
    "功能性退役士兵安置",
    "客服电话多少",
]


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in COMMANDS.items() for text in texts]
)
def test_a_phrase_is_the_command(name: str, text: str) -> None:
    assert command(tidy(text)) == name


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_that_contains_a_command_word_is_no_command(text: str) -> None:
    assert command(tidy(text)) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("２", 2),
        ("第二个", 2),
        ("选3", 3),
        ("第 1 项", 1),
        ("2.", 2),
        ("三", 3),
        ("我选两", 2),
        ("12", 12),
    ],
)
def test_a_number_is_read_however_it_is_typed(text: str, number: int) -> None:
    assert chosen_number(tidy(text)) == number


@pytest.mark.parametrize("text", ["2个人怎么办", "一年多少钱", "第二代身份证", "110", "3月能办吗", "", "第"])
def test_a_sentence_with_a_number_is_no_choice(text: str) -> None:
    assert chosen_number(tidy(text)) is None


@given(st.text(max_size=200))
def test_nothing_a_citizen_types_breaks_the_reading(text: str) -> None:
    command(tidy(text))
    chosen_number(tidy(text))
    has_words(text)
