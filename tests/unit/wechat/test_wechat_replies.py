from __future__ import annotations

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Article, Inbound
from wechat.markup import clean_text
from wechat.render import ImageMessage, NewsMessage, TextMessage, TransferMessage, WireMessage
from wechat.replies import reply_json, reply_xml

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INBOUND = Inbound(key="k", channel="official", user="oUser", account="gh_hall", kind="text", at=NOW)
HEAD = "<ToUserName><![CDATA[oUser]]></ToUserName><FromUserName><![CDATA[gh_hall]]></FromUserName>"
STAMP = f"<CreateTime>{int(NOW.timestamp())}</CreateTime>"

DOCUMENTS: list[tuple[WireMessage, str]] = [
    (
        TextMessage("好"),
        "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好]]></Content>",
    ),
    (
        ImageMessage("m1"),
        "<MsgType><![CDATA[image]]></MsgType><Image><MediaId><![CDATA[m1]]></MediaId></Image>",
    ),
    (
        NewsMessage((Article("t", "d", "https://u", "https://p"),)),
        (
            "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item>"
            "<Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description>"
            "<PicUrl><![CDATA[https://p]]></PicUrl><Url><![CDATA[https://u]]></Url></item></Articles>"
        ),
    ),
    (TransferMessage(), "<MsgType><![CDATA[transfer_customer_service]]></MsgType>"),
    (
        TransferMessage("a@hall"),
        (
            "<MsgType><![CDATA[transfer_customer_service]]></MsgType>"
            "<TransInfo><KfAccount><![CDATA[a@hall]]></KfAccount></TransInfo>"
        ),
    ),
]


@pytest.mark.parametrize(("message", "rest"), DOCUMENTS)
def test_documents(message: WireMessage, rest: str) -> None:
    assert reply_xml(message, INBOUND, NOW) == f"<xml>{HEAD}{STAMP}{rest}</xml>"


def test_json_has_the_same_fields() -> None:
    got = json.loads(reply_json(NewsMessage((Article("a", "", ""), Article("b", "", ""))), INBOUND, NOW))
    assert got["ToUserName"] == "oUser"
    assert got["CreateTime"] == int(NOW.timestamp())
    assert [item["Title"] for item in got["Articles"]["item"]] == ["a", "b"]


FORGING = "x]]></Content><MsgType><![CDATA[transfer_customer_service]]></MsgType><Content><![CDATA["


@given(st.text() | st.just(FORGING) | st.text(st.sampled_from(list("]>[<&;!CDAT\x0b\ud800\n😀"))))
def test_any_text_stands_unchanged_in_well_formed_xml(content: str) -> None:
    root = ET.fromstring(reply_xml(TextMessage(content), INBOUND, NOW).encode())  # noqa: S314 - our own document
    assert [child.tag for child in root] == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert (root.findtext("Content") or "") == clean_text(content)
    assert root.findtext("MsgType") == "text"
    assert json.loads(reply_json(TextMessage(content), INBOUND, NOW))["Content"] == clean_text(content)


@given(st.text(), st.text())
def test_cards_are_as_safe(title: str, account: str) -> None:
    card = reply_xml(NewsMessage((Article(title, title, "https://x"),)), INBOUND, NOW)
    root = ET.fromstring(card.encode())  # noqa: S314 - our own document
    assert (root.findtext("Articles/item/Title") or "") == clean_text(title)
    transfer = ET.fromstring(reply_xml(TransferMessage(account), INBOUND, NOW).encode())  # noqa: S314 - our own
    assert (transfer.findtext("TransInfo/KfAccount") or "") == clean_text(account)
