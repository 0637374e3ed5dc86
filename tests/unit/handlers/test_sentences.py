"""What a hall says in its own words: checked before it is stored, and never said half."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers import texts
from handlers.sentences import MOST_BYTES, example, filled, own_text, problems_of, too_long
from helpdesk.routing import Queue
from intents.guards import guard
from knowledge.hall import Hall, OwnText

HALL = Hall("青禾县政务服务中心", "政务大道 1 号", "0710-0000-000", "周一至周五")


def with_text(key: str, text: str) -> Hall:
    return replace(HALL, texts=(OwnText(key, text),))


@pytest.mark.parametrize("key", texts.SENTENCES)
def test_every_built_in_sentence_passes_the_checks_of_an_own_one(key: str) -> None:
    sentence = texts.SENTENCES[key]
    assert list(problems_of(sentence, sentence.text)) == []
    assert too_long(sentence, sentence.text, HALL) == ""
    assert "{" not in example(sentence, sentence.text, HALL)
    assert own_text(sentence, with_text(key, sentence.text)) == sentence.text


def test_the_built_in_sentences_are_what_they_were_before_halls_had_their_own() -> None:
    assert texts.greeting(HALL) == (
        "您好，这里是青禾县政务服务中心。\n办什么事、带什么材料、到哪个窗口，直接用一句话问我就行。"
    )
    assert texts.handoff_opened(HALL, Queue(2, 0), "ABC123").startswith(
        "已为您登记人工服务（编号 ABC123），前面还有 2 位。\n工作人员在上班时间按先后顺序答复：周一至周五。\n"
    )
    assert "（编号 ABC123）。" in texts.handoff_opened(HALL, Queue(0, 0), "ABC123")
    assert texts.person_only(HALL, None) == (
        "这件事要看具体情况，请工作人员直接答复您更稳妥。回复“人工”，我来转接。"
    )
    assert texts.examples(HALL) == texts.EXAMPLES


def test_own_words_are_filled_in_and_the_sample_notice_stays() -> None:
    hall = replace(with_text("greeting", "欢迎来到{ 大厅名称 }，电话 {电话}"), sample=True)
    assert texts.greeting(hall).splitlines() == [
        "欢迎来到青禾县政务服务中心，电话 0710-0000-000",
        "（本厅内容为示例数据，请勿作为办事依据。）",
    ]
    assert texts.examples(with_text("examples", "怎么预约\n\n车位在哪里 ")) == ("怎么预约", "车位在哪里")


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("goodbye", "再见 {手机}", "没有“{手机}”这个空位"),
        ("goodbye", "再见 {电话", "大括号要成对"),
        ("goodbye", "再见 }电话{", "大括号要成对"),
        ("goodbye", "再见 {{电话}}", "大括号要成对"),
        ("goodbye", "再见 {}", "没有“{}”这个空位"),
        ("goodbye", "再见 {编号}", "没有“{编号}”这个空位"),
        ("handoff_opened", "已登记", "要有“{编号}”"),
        ("examples", "一\n二\n三\n四", "最多 3 行"),
        ("examples", "{电话}是多少", "这里不能用空位"),
    ],
)
def test_a_text_that_can_not_be_said_is_named_and_never_used(key: str, text: str, why: str) -> None:
    sentence = texts.SENTENCES[key]
    assert any(why in each for each in problems_of(sentence, text))
    assert texts.say(key, with_text(key, text)) == texts.say(key, HALL)


def test_length_is_counted_with_what_is_filled_in() -> None:
    sentence = texts.SENTENCES["goodbye"]
    assert too_long(sentence, "字" * (MOST_BYTES // 3), HALL) == ""
    assert str(MOST_BYTES + 3) in too_long(sentence, "字" * (MOST_BYTES // 3 + 1), HALL)
    assert too_long(sentence, "{大厅名称}" * 50, HALL)


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert filled("{部门}", {"部门": "{电话}", "电话": "1"}) == "{电话}"


def test_the_hall_s_own_sensitive_words() -> None:
    own = ("抢购 茅台", "黄", "")
    found = guard("请问哪里抢購茅台？", own)
    assert found is not None
    assert (found.kind, found.words) == ("own", "抢购茅台")
    assert guard("黄河路在哪里", own) is None, "one character is too short to be meant"
    assert guard("傻逼抢购茅台", own).kind == "insult"  # type: ignore[union-attr]
