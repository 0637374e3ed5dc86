"""Malformed and forged pushes: each is refused as such, or read in a sane way; never another exception."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import Channel
from wechat import crypto, signature
from wechat.account import Account, Mode
from wechat.codec import CodecError, ForgedError, MalformedError, Opened, open_push
from wechat.inbound import read_inbound
from wechat.markup import clean_text

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
HEAD = (
    "<ToUserName><![CDATA[gh_hall]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>"
    f"<CreateTime>{STAMP}</CreateTime>"
)
TEXT = "<MsgType>text</MsgType><Content>你好</Content><MsgId>1</MsgId>"
FIELDS: dict[str, Any] = {
    "ToUserName": "gh_hall",
    "FromUserName": "oUser",
    "CreateTime": int(STAMP),
    "MsgType": "text",
    "Content": "你好",
    "MsgId": 1,
}
OFFICIAL = Account(channel="official", token="t", app_id="wxhall", mode="safe", aes_keys=(KEY,))
MINI = Account(channel="mini", token="t", app_id="wxhall", mode="safe", aes_keys=(KEY,))


def deliver(account: Account, content: bytes, *, app_id: str = "wxhall") -> Opened:
    """Push content that is signed and encrypted as it should be, whatever it is."""
    encrypted = crypto.encrypt(content, key=account.keys[0], app_id=app_id)
    form = "xml" if account.channel == "official" else "json"
    envelope = (
        f"<xml><Encrypt>{encrypted}</Encrypt></xml>" if form == "xml" else json.dumps({"Encrypt": encrypted})
    )
    return open_push(account, signed(encrypted), envelope.encode(), "", NOW)


def signed(encrypted: str = "", **changed: str) -> dict[str, str]:
    return {
        "timestamp": STAMP,
        "nonce": "1",
        "signature": signature.sign("t", STAMP, "1"),
        "encrypt_type": "aes",
        "msg_signature": signature.sign("t", STAMP, "1", encrypted),
        **changed,
    }


def xml(rest: str, head: str = HEAD) -> bytes:
    return f"<xml>{head}{rest}</xml>".encode()


MALFORMED_XML: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   \n",
    "no xml at all": b"hello",
    "json to the official account": json.dumps(FIELDS).encode(),
    "only a root": b"<xml/>",
    "root with text": b"<xml>hello</xml>",
    "another root": xml(TEXT).replace(b"xml>", b"html>"),
    "two roots": xml(TEXT) * 2,
    "truncated": xml(TEXT)[:-10],
    "cut in a character": xml("<Content>你").replace("你".encode(), "你".encode()[:2]),
    "unclosed tag": b"<xml><ToUserName></xml>",
    "crossed tags": xml("<a><b></a></b>"),
    "unclosed CDATA": xml("<Content><![CDATA[abc</Content>"),
    "doctype": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd">' + xml(TEXT),
    "doctype after the declaration": b'<?xml version="1.0"?><!DOCTYPE xml>' + xml(TEXT),
    "entity bomb": (
        b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        + xml(TEXT.replace("你好", "&b;"))
    ),
    "external entity": b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + xml(TEXT.replace("你好", "&x;")),
    "parameter entity": b'<!DOCTYPE xml [<!ENTITY % x SYSTEM "http://127.0.0.1:1/">%x;]>' + xml(TEXT),
    "undeclared entity": xml(TEXT.replace("你好", "&nbsp;")),
    "reference to NUL": xml(TEXT.replace("你好", "&#0;")),
    "reference to a surrogate": xml(TEXT.replace("你好", "&#xD800;")),
    "raw NUL": xml(TEXT.replace("你好", "a\x00b")),
    "raw control character": xml(TEXT.replace("你好", "a\x0bb")),
    "encoded surrogate": xml(TEXT).replace("你好".encode(), b"\xed\xa0\x80"),
    "gbk": xml(TEXT).decode().encode("gbk"),
    "utf-16": xml(TEXT).decode().encode("utf-16"),
    "utf-16 that hides a doctype": ("<!DOCTYPE xml>" + xml(TEXT).decode()).encode("utf-16-be"),
    "overlong utf-8": xml(TEXT).replace("你好".encode(), b"\xc0\xbc"),
    "10000 deep": b"<xml>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</xml>",
    "13 deep": xml("<a>" * 13 + "</a>" * 13 + TEXT),
    "4000 elements": xml("<a/>" * 4000 + TEXT),
    "attribute": xml(TEXT.replace("<Content>", '<Content type="x">')),
    "attribute on the root": xml(TEXT).replace(b"<xml>", b'<xml xmlns="urn:x">'),
    "duplicate type": xml(TEXT + "<MsgType>event</MsgType>"),
    "duplicate sender": xml(TEXT + "<FromUserName>oOther</FromUserName>"),
    "duplicate content": xml(TEXT + "<Content>b</Content>"),
    "duplicate time": xml(TEXT + f"<CreateTime>{STAMP}</CreateTime>"),
    "duplicate id": xml(TEXT + "<MsgId>2</MsgId>"),
    "nested content": xml(TEXT.replace("你好", "<b>x</b>")),
    "nested type": xml(TEXT.replace("<MsgType>text", "<MsgType><b>text</b>")),
    "nested sender": xml(TEXT, HEAD.replace("<![CDATA[oUser]]>", "<a>oUser</a>")),
    "no type": xml("<Content>x</Content>"),
    "empty type": xml(TEXT.replace("text<", "<")),
    "odd type": xml(TEXT.replace("<MsgType>text", "<MsgType>t-ext;")),
    "no sender": xml(TEXT, HEAD.replace("FromUserName", "FromNobody")),
    "empty sender": xml(TEXT, HEAD.replace("oUser", "")),
    "sender with markup": xml(TEXT, HEAD.replace("oUser", "o<User>")),
    "sender with newline": xml(TEXT, HEAD.replace("oUser", "o\nUser")),
    "endless sender": xml(TEXT, HEAD.replace("oUser", "o" * 129)),
    "no receiver": xml(TEXT, HEAD.replace("ToUserName", "ToNobody")),
    "no time": xml(TEXT, HEAD.replace("CreateTime", "Time")),
    "empty time": xml(TEXT, HEAD.replace(STAMP, "")),
    "time in words": xml(TEXT, HEAD.replace(STAMP, "今天")),
    "time in other digits": xml(TEXT, HEAD.replace(STAMP, "１７９５３９９２００")),
    "negative time": xml(TEXT, HEAD.replace(STAMP, "-1")),
    "time zero": xml(TEXT, HEAD.replace(STAMP, "0")),
    "time in milliseconds": xml(TEXT, HEAD.replace(STAMP, STAMP + "000")),
    "year 99999": xml(TEXT, HEAD.replace(STAMP, "3093527980800")),
    "huge time": xml(TEXT, HEAD.replace(STAMP, "9" * 400)),
    "fraction of a second": xml(TEXT, HEAD.replace(STAMP, STAMP + ".5")),
    "time as exponent": xml(TEXT, HEAD.replace(STAMP, "1e9")),
    "id in words": xml(TEXT.replace("<MsgId>1", "<MsgId>one")),
    "id of 5000 digits": xml(TEXT.replace("<MsgId>1", "<MsgId>" + "1" * 5000)),
    "negative id": xml(TEXT.replace("<MsgId>1", "<MsgId>-1")),
    "event without a name": xml("<MsgType>event</MsgType>"),
    "event with an empty name": xml("<MsgType>event</MsgType><Event/>"),
    "duplicate event": xml("<MsgType>event</MsgType><Event>CLICK</Event><Event>SCAN</Event>"),
    "nested event": xml("<MsgType>event</MsgType><Event><a>CLICK</a></Event>"),
    "nested event key": xml("<MsgType>event</MsgType><Event>subscribe</Event><EventKey><a>1</a></EventKey>"),
    "duplicate event key": xml(
        "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>1</EventKey><EventKey>2</EventKey>"
    ),
    "event with an odd name": xml("<MsgType>event</MsgType><Event>CL ICK</Event>"),
    "odd OpenID": xml("<MsgType>event</MsgType><Event>user_info_modified</Event><OpenID>a b</OpenID>"),
}


@pytest.mark.parametrize("name", MALFORMED_XML)
def test_malformed_xml(name: str) -> None:
    with pytest.raises(MalformedError):
        deliver(OFFICIAL, MALFORMED_XML[name])


def as_json(**changed: Any) -> bytes:
    return json.dumps(FIELDS | changed).encode()


MALFORMED_JSON: dict[str, bytes] = {
    "empty": b"",
    "truncated": as_json()[:-5],
    "a list": b"[" + as_json() + b"]",
    "a number": b"12",
    "null": b"null",
    "empty object": b"{}",
    "NaN": as_json().replace(STAMP.encode(), b"NaN"),
    "infinity": as_json().replace(STAMP.encode(), b"-Infinity"),
    "NaN in a field that nobody reads": as_json(Other=1).replace(b'"Other": 1', b'"Other": NaN'),
    "integer of 5000 digits": as_json().replace(STAMP.encode(), b"1" * 5000),
    "integer of 100 digits": as_json(MsgId=10**100),
    "fraction": as_json(CreateTime=int(STAMP) + 0.5),
    "boolean": as_json(CreateTime=True),
    "content as a list": as_json(Content=["a"]),
    "content as an object": as_json(Content={"a": 1}),
    "content as a boolean": as_json(Content=False),
    "type as a list": as_json(MsgType=["text"]),
    "sender as an object": as_json(FromUserName={"a": "b"}),
    "sender null": as_json(FromUserName=None),
    "sender with a lone surrogate": as_json(FromUserName="o\ud800"),
    "time as a list": as_json(CreateTime=[1]),
    "deep nesting": as_json().replace(
        b'"Content"', b'"x": ' + b"[" * 20_000 + b"]" * 20_000 + b', "Content"'
    ),
    "deep objects": b'{"a":' * 8000 + b"1" + b"}" * 8000,
    "duplicate fields": as_json()[:-1] + b', "FromUserName": "oOther"}',
    "single quotes": str(FIELDS).encode(),
    "comment": b"{/* hi */" + as_json()[1:],
    "raw control character": as_json().replace(b"\\u4f60", b"\x01"),
    "latin-1": as_json(Content="x").replace(b'"x"', b'"\xe9"'),
    "cut in a character": json.dumps(FIELDS, ensure_ascii=False).encode()[:-16],
    "trailing text": as_json() + b"x",
}


@pytest.mark.parametrize("name", MALFORMED_JSON)
def test_malformed_json(name: str) -> None:
    with pytest.raises(MalformedError):
        deliver(MINI, MALFORMED_JSON[name])


GOOD = xml(TEXT)
SEALED = crypto.encrypt(GOOD, key=OFFICIAL.keys[0], app_id="wxhall")
BODY = f"<xml><Encrypt><![CDATA[{SEALED}]]></Encrypt></xml>".encode()
OTHER = crypto.encrypt(GOOD, key=OFFICIAL.keys[0], app_id="wxhall")

FORGED: dict[str, tuple[dict[str, str], bytes]] = {
    "no query": ({}, BODY),
    "wrong msg_signature": (signed(SEALED, msg_signature="0" * 40), BODY),
    "upper-case msg_signature": (signed(SEALED, msg_signature=signed(SEALED)["msg_signature"].upper()), BODY),
    "plain signature in its place": (signed(SEALED, msg_signature=signed()["signature"]), BODY),
    "empty msg_signature": (signed(SEALED, msg_signature=""), BODY),
    "endless msg_signature": (signed(SEALED, msg_signature="a" * 100_000), BODY),
    "msg_signature that is no text": (signed(SEALED, msg_signature="\ud800" * 40), BODY),
    "another message under the signature": (signed(SEALED), BODY.replace(SEALED.encode(), OTHER.encode())),
    "stale": (signed(SEALED, timestamp=str(int(STAMP) - 301)), BODY),
    "from the future": (signed(SEALED, timestamp=str(int(STAMP) + 301)), BODY),
    "timestamp and nonce swapped": (signed(SEALED, timestamp="1", nonce=STAMP), BODY),
    "digits moved": (signed(SEALED, timestamp=STAMP + "1", nonce=""), BODY),
    "timestamp no number": (signed(SEALED, timestamp="now"), BODY),
    "nonce with markup": (signed(SEALED, nonce="]]><a>"), BODY),
    "other nonce": (signed(SEALED, nonce="2"), BODY),
    "raw encrypt_type": (signed(SEALED, encrypt_type="raw"), BODY),
    "odd encrypt_type": (signed(SEALED, encrypt_type="AES"), BODY),
    "plain body, msg_signature of nothing": (signed(""), BODY.replace(SEALED.encode(), b"QUJD")),
    "thousands of candidates": (signed(SEALED), BODY[:5] + b"<Encrypt>QUJD</Encrypt>" * 2000 + BODY[5:]),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged(name: str) -> None:
    query, body = FORGED[name]
    with pytest.raises(ForgedError):
        open_push(OFFICIAL, query, body, "text/xml", NOW)


@pytest.mark.parametrize("name", ["empty", "entity bomb", "13 deep", "utf-16", "truncated"])
@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_nothing_is_parsed_before_the_signature_holds(name: str, mode: Mode) -> None:
    """A parser would have called these malformed; without a signature they are forged, whatever they hold."""
    account = replace(OFFICIAL, mode=mode)
    body = MALFORMED_XML[name]
    if mode == "safe":
        body = b"<" + body + b"<Encrypt>QUJD</Encrypt>"
    query = signed(signature="0" * 40) if mode == "plain" else signed(msg_signature="0" * 40)
    with pytest.raises(ForgedError):
        open_push(account, query, body, "text/xml", NOW)


MALFORMED_ENVELOPES: dict[str, bytes] = {
    "empty": b"",
    "plain": GOOD,
    "too large": b"<xml>" + b" " * 70_000 + BODY[5:],
    "no Encrypt": BODY.replace(b"Encrypt", b"Encrypted"),
    "Encrypt that is no base64": BODY.replace(SEALED.encode(), b"!!!"),
    "nested Encrypt": BODY.replace(b"<![CDATA[", b"<a>").replace(b"]]>", b"</a>"),
    "doctype without Encrypt": b"<!DOCTYPE xml><xml></xml>",
    "json": b'{"Encrypt":"%s"}' % SEALED.encode(),
}


@pytest.mark.parametrize("name", MALFORMED_ENVELOPES)
def test_malformed_envelopes(name: str) -> None:
    with pytest.raises(MalformedError):
        open_push(OFFICIAL, signed(SEALED), MALFORMED_ENVELOPES[name], "text/xml", NOW)


@pytest.mark.parametrize(
    "content_type", ["text/xml; charset=gbk", 'text/xml; charset="utf-16"', "x;charset=latin-1"]
)
def test_another_charset_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedError):
        open_push(OFFICIAL, signed(SEALED), BODY, content_type, NOW)


@pytest.mark.parametrize(
    "content_type", ["", "text/xml", "text/xml; charset=UTF-8", "application/octet-stream", ";;;"]
)
def test_the_same_envelope_with_any_honest_type_is_read(content_type: str) -> None:
    assert open_push(OFFICIAL, signed(SEALED), BODY, content_type, NOW).inbound.text == "你好"


def test_another_app_id_is_forged() -> None:
    with pytest.raises(ForgedError):
        deliver(OFFICIAL, GOOD, app_id="wxother")


SANE: dict[str, tuple[Account, bytes, dict[str, Any]]] = {
    "doctype as words": (
        OFFICIAL,
        xml(TEXT.replace("你好", "<![CDATA[<!DOCTYPE a><!ENTITY b>]]>")),
        {"kind": "text"},
    ),
    "empty content": (OFFICIAL, xml(TEXT.replace("你好", "")), {"text": ""}),
    "only blanks": (OFFICIAL, xml(TEXT.replace("你好", "  \n ")), {"text": ""}),
    "byte order mark": (OFFICIAL, b"\xef\xbb\xbf" + GOOD, {"text": "你好"}),
    "declared as gbk but utf-8": (OFFICIAL, b'<?xml version="1.0" encoding="gbk"?>' + GOOD, {"text": "你好"}),
    "comment": (OFFICIAL, xml("<!-- x -->" + TEXT), {"text": "你好"}),
    "processing instruction": (OFFICIAL, xml("<?php x ?>" + TEXT), {"text": "你好"}),
    "largest id": (
        OFFICIAL,
        xml(TEXT.replace("<MsgId>1", "<MsgId>18446744073709551615")),
        {"order": 2**63 - 1},
    ),
    "two CDATA": (OFFICIAL, xml(TEXT.replace("你好", "<![CDATA[a]]]]><![CDATA[>b]]>")), {"text": "a]]>b"}),
    "60 KB of text": (OFFICIAL, xml(TEXT.replace("你好", "a" * 45_000)), {"text": "a" * 45_000}),
    "lone surrogate in JSON": (MINI, as_json(Content="a\ud800b"), {"text": "ab"}),
    "NUL in JSON": (MINI, as_json(Content="a\x00b"), {"text": "ab"}),
    "id as text": (MINI, as_json(MsgId="1"), {"order": 1}),
    "id null": (MINI, as_json(MsgId=None), {"order": 0}),
    "content null": (MINI, as_json(Content=None), {"text": ""}),
    "content as number": (MINI, as_json(Content=12345), {"text": "12345"}),
    "unknown nesting": (MINI, as_json(List=[{"a": [1, None]}]), {"text": "你好"}),
}


@pytest.mark.parametrize("name", SANE)
def test_odd_but_sane(name: str) -> None:
    account, content, expected = SANE[name]
    inbound = deliver(account, content).inbound
    assert {field: getattr(inbound, field) for field in expected} == expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["text", "event", STAMP]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [*FIELDS, "Event", "EventKey", "MediaId", "bizmsgmenuid", "MsgID", "OpenID", "ScanCodeInfo", "Label"]


@given(
    changed=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
    kind=st.sampled_from(["text", "voice", "location", "event"]),
    event=st.sampled_from(["subscribe", "scancode_push", "user_info_modified", "LOCATION"]),
    channel=st.sampled_from(["official", "mini"]),
)
@settings(max_examples=300)
def test_any_fields_are_read_or_malformed(
    changed: dict[str, Any], kind: str, event: str, channel: Channel
) -> None:
    try:
        inbound = read_inbound(FIELDS | {"MsgType": kind, "Event": event} | changed, channel)
    except MalformedError:
        return
    assert inbound.text == clean_text(inbound.text)
    assert 0 <= inbound.order < 2**63
    assert len(inbound.key) == 40


@given(st.binary(max_size=300), st.sampled_from([OFFICIAL, MINI]))
@settings(max_examples=200)
def test_any_bytes_are_refused_or_read(garbage: bytes, account: Account) -> None:
    prefix = b"<xml>" if account.channel == "official" else b"{"
    for content in (garbage, prefix + garbage):
        with pytest.raises(CodecError):
            deliver(account, content)
        with pytest.raises(CodecError):
            open_push(account, signed(), content, "", NOW)
