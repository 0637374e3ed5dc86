"""The simulator's pushes, checked by others: hashlib, wechatpy and xmltodict."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto

from wechat.account import Account, Mode
from wechat.codec import ForgedError
from wechat.push import event_fields, message_fields, open_answer, push, verification_query

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TEXT = message_fields("text", user="sim_1", account_id="gh", message_id=7, now=NOW, Content="你好]]>😀")


def account(mode: Mode) -> Account:
    return Account(channel="official", token="token", app_id="wxhall", mode=mode, aes_keys=(KEY,))


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def test_a_verification_is_signed() -> None:
    query = verification_query(account("safe"), echostr="123", nonce="9", now=NOW)
    assert query["signature"] == sha1("token", query["timestamp"], "9")
    assert query["echostr"] == "123"


def test_a_plain_push_is_readable() -> None:
    sent = push(account("plain"), TEXT, nonce="9", now=NOW)
    assert xmltodict.parse(sent.body)["xml"] == {name: str(value) for name, value in TEXT.items()}
    assert sent.query["openid"] == "sim_1"
    assert "msg_signature" not in sent.query
    assert json.loads(push(account("plain"), TEXT, nonce="9", now=NOW, form="json").body) == TEXT


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_wechatpy_opens_a_sealed_push(mode: Mode) -> None:
    sent = push(account(mode), TEXT, nonce="9", now=NOW)
    other = WeChatCrypto("token", KEY, "wxhall")
    opened = other.decrypt_message(sent.body, sent.query["msg_signature"], sent.query["timestamp"], "9")
    assert xmltodict.parse(opened)["xml"]["Content"] == TEXT["Content"]
    outside = xmltodict.parse(sent.body)["xml"]
    assert ("Content" in outside) == (mode == "compatible")


def test_wechatpys_answer_is_opened_and_checked() -> None:
    other = WeChatCrypto("token", KEY, "wxhall")
    sealed = other.encrypt_message("<xml><MsgType>text</MsgType></xml>", "9", str(int(NOW.timestamp())))
    assert open_answer(account("safe"), sealed.encode()) == {"MsgType": "text"}
    with pytest.raises(ForgedError):
        open_answer(account("safe"), sealed.replace("<Nonce><![CDATA[9", "<Nonce><![CDATA[8").encode())


def test_an_event_may_have_nested_fields() -> None:
    fields = event_fields(
        "scancode_push", user="sim_1", account_id="gh", now=NOW, key="k", ScanCodeInfo={"ScanResult": "1"}
    )
    got = xmltodict.parse(push(account("plain"), fields, nonce="9", now=NOW).body)["xml"]
    assert got["ScanCodeInfo"] == {"ScanResult": "1"}
    assert got["Event"] == "scancode_push"
