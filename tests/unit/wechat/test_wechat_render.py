from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Article, Choice, Choices, Image, Inbound, Link, Links, News, Part, Taps, Text, Transfer
from wechat.markup import part_text, plain, safe_href
from wechat.render import (
    ImageMessage,
    NewsMessage,
    TextMessage,
    TransferMessage,
    custom_send_payload,
    first_message,
    plain_text,
    wire_messages,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INBOUND = Inbound(key="k", channel="official", user="o", account="gh", kind="text", at=NOW)
EVENT = replace(INBOUND, kind="event", event="subscribe")
MINI = replace(INBOUND, channel="mini")
CHOICES = Choices("您想问的是：", (Choice(1, "医保怎么交"), Choice(2, "社保怎么交")), "都不是？回复“人工”")
LINKS = Links((Link("办事指南", "https://hall.gov.cn/guides/1?a=1&b=2"),), "看这里：")
TAPS = Taps("有帮助吗？", ("有用", "没用"))


def tap(words: str, menu_id: str) -> str:
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={quote(words)}&msgmenuid={menu_id}">{words}</a>'


def test_text_parts_share_one_message() -> None:
    assert wire_messages((Text("您好"), LINKS, CHOICES, TAPS), "official") == [
        TextMessage(
            "您好\n\n看这里：\n"
            '<a href="https://hall.gov.cn/guides/1?a=1&b=2">办事指南</a>\n\n'
            f"您想问的是：\n1. {tap('医保怎么交', '1')}\n2. {tap('社保怎么交', '2')}\n都不是？回复“人工”\n\n"
            f"有帮助吗？ {tap('有用', '0')} · {tap('没用', '0')}"
        )
    ]


def test_the_mini_program_types_its_choices() -> None:
    assert wire_messages((CHOICES, TAPS), "mini") == [
        TextMessage(
            "您想问的是：\n1. 医保怎么交\n2. 社保怎么交\n都不是？回复“人工”\n\n有帮助吗？ 回复“有用”或“没用”"
        )
    ]


def test_many_long_choices_say_their_number_when_tapped() -> None:
    options = tuple(Choice(number, "城乡居民基本医疗保险参保登记" * 2) for number in range(1, 6))
    text = part_text(Choices("", options), "official")
    assert "msgmenucontent=3&msgmenuid=3" in text
    assert len(text.encode()) < 2000


def test_nothing_to_say_is_no_message() -> None:
    assert wire_messages((), "official") == []
    assert wire_messages((Text(""), Text(" \n"), Links(()), Choices("", ()), Taps("", ())), "official") == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "weixin://dl/business",
        "//evil.example",
        "/guides/1",
        "",
        "https://",
        "https://a b.cn",
        "https://a.cn/\nx",
        "https://gov.cn@evil.example/",
        "https://政务.cn/",
        "https://[::1",
        "https://a.cn:99999/",
        "https://a.cn/\ud800",
        "https://a.cn/\x00",
        " https://a.cn",
    ],
)
def test_an_odd_address_is_no_link(url: str) -> None:
    assert safe_href(url) is None
    text = part_text(Links((Link("标题", url),)), "official")
    assert text == "标题"


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://hall.gov.cn", "https://hall.gov.cn"),
        ("http://127.0.0.1:8080/guides/1#top", "http://127.0.0.1:8080/guides/1#top"),
        ("https://a.cn/?q=社保", f"https://a.cn/?q={quote('社保')}"),
        ("https://a.cn/?q=%E7%A4%BE&x=1", "https://a.cn/?q=%E7%A4%BE&x=1"),
        ('https://a.cn/"><b>', "https://a.cn/%22%3E%3Cb%3E"),
        ("https://a.cn/'", "https://a.cn/%27"),
    ],
)
def test_a_web_address_can_not_leave_its_attribute(url: str, href: str) -> None:
    assert safe_href(url) == href


def test_a_title_can_not_leave_its_link() -> None:
    text = part_text(Links((Link('x</a><a href="https://evil.example">y\nz', "https://a.cn"),)), "official")
    assert text == '<a href="https://a.cn">x＜/a＞＜a href="https://evil.example"＞y z</a>'


def test_text_can_not_make_a_link() -> None:
    said = "<a href='https://evil.example'>x</a> < A href=x <\na 1<2 a<b"
    assert plain(said) == "＜a href='https://evil.example'>x＜/a> ＜ A href=x ＜\na 1<2 a<b"


HOSTILE = st.text(
    st.sampled_from(list("<aA/> \n\t\x00\x0b\ud800\u200bhref='\"=社😀")), max_size=40
) | st.text(max_size=20)
TAG = re.compile(r"<\s*/?\s*a", re.IGNORECASE)
MADE = re.compile(
    r'<a href="(?:https://hall\.gov\.cn|weixin://bizmsgmenu\?msgmenucontent=[\w.~%-]*&msgmenuid=\d+)">[^<>]*</a>'
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_only_the_renderer_makes_links(one: str, two: str, three: str) -> None:
    parts: tuple[Part, ...] = (
        Text(one),
        Links((Link(two, "https://hall.gov.cn"), Link(three, two)), one),
        Choices(three, (Choice(1, one), Choice(2, two)), two),
        Taps(one, (two, three)),
        Text(two),
    )
    for message in wire_messages(parts, "official"):
        assert isinstance(message, TextMessage)
        assert not TAG.search(MADE.sub("", message.content))
    for message in wire_messages(parts, "mini"):
        assert isinstance(message, TextMessage)
        assert not TAG.search(MADE.sub("", message.content))


def articles(count: int) -> News:
    return News(
        tuple(Article(f"t{n}", f"d{n}", f"https://a.cn/{n}", "https://a.cn/p.png") for n in range(count))
    )


@pytest.mark.parametrize(
    ("count", "after_event", "cards"), [(1, False, 1), (2, False, 0), (8, True, 8), (9, True, 0)]
)
def test_news_within_the_platforms_number(count: int, after_event: bool, cards: int) -> None:  # noqa: FBT001
    messages = wire_messages((articles(count),), "official", after_event=after_event)
    shown = [message for message in messages if isinstance(message, NewsMessage)]
    assert sum(len(message.articles) for message in shown) == cards
    if not cards:
        (text,) = messages
        assert isinstance(text, TextMessage)
        assert text.content.count("<a href=") == count
        assert all(f"d{number}" in text.content for number in range(count))


def test_the_mini_program_gets_links_for_news() -> None:
    assert wire_messages((articles(1),), "mini") == [TextMessage('<a href="https://a.cn/0">t0</a>\n\nd0')]


def test_a_card_leads_only_to_the_web() -> None:
    card = News((Article("t", "d", "javascript:alert(1)", "x"),))
    assert wire_messages((card,), "official") == [NewsMessage((Article("t", "d", "", ""),))]


def test_first_message_leaves_the_rest_for_the_outbox() -> None:
    parts: tuple[Part, ...] = (Text("a"), CHOICES, Image("m"), Text("b"))
    message, rest = first_message(parts, INBOUND)
    assert isinstance(message, TextMessage)
    assert rest == (Image("m"), Text("b"))
    assert first_message(rest, INBOUND) == (ImageMessage("m"), (Text("b"),))
    assert first_message((), INBOUND) == (None, ())
    assert first_message((Text(""), Image("m")), INBOUND) == (ImageMessage("m"), ())


def test_a_text_that_is_too_long_for_one_message_goes_on_in_the_outbox() -> None:
    message, rest = first_message((Text("社" * 1000),), INBOUND)
    assert message == TextMessage("社" * 666)
    assert rest == (Text("社" * 334),)


def test_a_transfer_goes_first_because_it_can_not_be_sent_later() -> None:
    parts = (Text("正在转接"), Transfer("a@hall"))
    assert first_message(parts, INBOUND) == (TransferMessage("a@hall"), (Text("正在转接"),))
    assert first_message(parts, EVENT) == (TextMessage("正在转接"), ())
    assert first_message((Transfer(),), EVENT) == (None, ())


def test_the_mini_program_takes_only_a_transfer_as_a_passive_reply() -> None:
    """接收消息和推送事件: anything but `success` or a transfer shows “该小程序客服暂时无法提供服务”."""
    assert first_message((Text("好"),), MINI) == (None, (Text("好"),))
    assert first_message((Text("好"), Transfer()), MINI) == (TransferMessage(), (Text("好"),))


def test_news_after_an_event_may_be_more() -> None:
    message, rest = first_message((articles(3), Text("b")), EVENT)
    assert isinstance(message, NewsMessage)
    assert rest == (Text("b"),)
    message, rest = first_message((articles(3), Text("b")), INBOUND)
    assert isinstance(message, TextMessage)
    assert rest == ()


def test_custom_send_payloads() -> None:
    assert custom_send_payload("o", TextMessage("a\ud800")) == {
        "touser": "o",
        "msgtype": "text",
        "text": {"content": "a"},
    }
    assert custom_send_payload("o", ImageMessage("m"))["image"] == {"media_id": "m"}
    (news,) = wire_messages((articles(1),), "official")
    assert custom_send_payload("o", news)["news"]["articles"] == [
        {"title": "t0", "description": "d0", "url": "https://a.cn/0", "picurl": "https://a.cn/p.png"}
    ]
    with pytest.raises(ValueError, match="passive"):
        custom_send_payload("o", TransferMessage())


def test_plain_text_for_a_terminal() -> None:
    shown = plain_text((Text("您好"), LINKS, CHOICES, TAPS, articles(1), Image("m"), Transfer()))
    assert shown == (
        "您好\n\n看这里：\n办事指南：https://hall.gov.cn/guides/1?a=1&b=2\n\n"
        "您想问的是：\n1. 医保怎么交\n2. 社保怎么交\n都不是？回复“人工”\n\n有帮助吗？ 有用 · 没用\n\n"
        "t0：https://a.cn/0\nd0\n\n［图片］\n\n［转接微信客服］"
    )
