"""Requests that the platform never sends: each with the answers that are right for it.

None may be stored, none may be a 5xx, and the server answers the next honest message.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Final

from tests.platform import sealing
from tests.platform.wire import PLAINLY, Manner
from tests.webhook.bending import (
    BOMB,
    FORGED,
    MALFORMED,
    MEGABYTE,
    NO_METHOD,
    ORIGIN,
    REFUSED,
    TOO_LARGE,
    XXE,
    Case,
    body,
    downgraded,
    encrypted,
    exchanged,
    fields,
    length,
    markup,
    mixed_signatures,
    padded,
    plain_beside,
    query,
    recorded,
    sealed,
    sealed_for,
    sent,
    stamped,
    swapped,
    to_other_account,
    wrong_token,
)

ZEROS = "0" * 40
QUERIES: Final = (
    query("signature of zeros", msg_signature=ZEROS),
    query("no msg_signature", msg_signature=None),
    query("empty msg_signature", msg_signature=""),
    query("msg_signature cut short", msg_signature="a" * 39),
    query("msg_signature with other letters", msg_signature="长" * 40),
    query("msg_signature of a megabyte is no trouble", msg_signature="a" * 7000),
    query("no encrypt_type", encrypt_type=None),
    query("encrypt_type raw", encrypt_type="raw"),
    query("encrypt_type of another kind", encrypt_type="AES"),
    query("no timestamp", timestamp=None),
    query("no nonce", nonce=None),
    query("empty timestamp", timestamp=""),
    query("empty nonce", nonce=""),
    query(
        "no parameters at all",
        signature=None,
        msg_signature=None,
        timestamp=None,
        nonce=None,
        encrypt_type=None,
    ),
    Case("msg_signature and signature exchanged", exchanged, FORGED),
    Case("signature of another message", mixed_signatures, FORGED),
    Case("signed with another token", wrong_token("SomebodyElse"), FORGED),
    Case("signed with the empty token", wrong_token(""), FORGED),
    query(
        "sha1 of nothing", msg_signature="da39a3ee5e6b4b0d3255bfef95601890afd80709", timestamp="", nonce=""
    ),
    Case("plain push to a safe account", downgraded, FORGED),
    Case("replay of an hour-old capture", recorded, FORGED),
    Case("timestamp and nonce swapped", swapped, FORGED),
    Case("sent to the other account's address", to_other_account, FORGED),
    stamped("stale by 301 s", shift=-301),
    stamped("early by 301 s", shift=301),
    stamped("year 2286", timestamp="9999999999"),
    stamped("timestamp with a sign", timestamp="-795392000"),
    stamped("timestamp with full-width digits", timestamp="１７９５３９２０００"),
    stamped("timestamp with a fraction", timestamp="1795392000.0"),
    stamped("timestamp of a thousand digits", timestamp="1" * 1000),
    stamped("timestamp in words", timestamp="now"),
    stamped("nonce of a thousand digits", nonce="7" * 1000),
    stamped("nonce with markup", nonce="<script>"),
    stamped("nonce with a line break", nonce="1\r\nSet-Cookie: a=b"),
    stamped("nonce with ]]>", nonce="]]><x>"),
)
SEALED: Final = (
    encrypted("bad base64", lambda _: "!!!" * 20),
    encrypted("base64 in another alphabet", lambda _: "-_" * 32),
    encrypted("base64 without padding", lambda _: "QUJD" * 10 + "Q"),
    encrypted("not a whole number of blocks", lambda _: base64.b64encode(b"x" * 33).decode()),
    encrypted("half a block", lambda _: base64.b64encode(b"x" * 16).decode()),
    encrypted("nothing encrypted", lambda _: "", REFUSED),
    encrypted("valid signature over garbage", lambda _: base64.b64encode(os.urandom(96)).decode()),
    encrypted("valid signature over zeros", lambda _: base64.b64encode(bytes(96)).decode()),
    encrypted("padding of 0", lambda account: padded(b"<xml/>", account, b"\x00")),
    encrypted("padding of 33", lambda account: padded(b"<xml/>", account, b"\x21" * 33)),
    encrypted("padding of unequal bytes", lambda account: padded(b"<xml/>", account, b"\x02\x03\x04\x04")),
    encrypted("length beyond the end", lambda account: length(account, 0xFFFFFFFF)),
    encrypted("length of one too many", lambda account: length(account, 11 + 18 + 1)),
    encrypted("length zero", lambda account: length(account, 0), REFUSED),
    encrypted("only padding", lambda a: sealing.encrypt_raw(bytes([32] * 32), a.aes_key)),
    encrypted("for another app id", sealed_for("wx0000000000000000"), FORGED),
    encrypted("for no app id", sealed_for(""), FORGED),
    encrypted("for a longer app id", sealed_for("wx0123456789abcdefg"), FORGED),
    encrypted(
        "with another key",
        lambda a: sealing.encrypt(b"<xml></xml>", encoding_aes_key="Z" * 42 + "A", app_id=a.app_id),
    ),
)
DOCUMENTS: Final = (
    sealed("nothing", b"", MALFORMED),
    sealed("no document", "hello"),
    sealed("a number", "42"),
    sealed("JSON to the official account", json.dumps({"MsgType": "text", "FromUserName": "oForger"})),
    sealed("an empty element", "<xml/>"),
    sealed("two roots", "<xml></xml><xml></xml>"),
    sealed("another root", "<html><body>x</body></html>"),
    sealed("a thousand nested elements", "<xml>" + "<a>" * 1000 + "</a>" * 1000 + "</xml>"),
    sealed("ten thousand elements", "<xml>" + "<a/>" * 10_000 + "</xml>"),
    markup("truncated", lambda text: text[:-9]),
    markup("cut inside a character", lambda text: text.encode()[:-60]),
    markup("entities that multiply", lambda text: BOMB + text.replace("你好", "]]>&c;<![CDATA[")),
    markup("an entity that reads a file", lambda text: XXE + text.replace("你好", "]]>&x;<![CDATA[")),
    markup("an external document type", lambda text: ORIGIN + text),
    markup("a document type in lower case", lambda text: "<!doctype xml>" + text),
    markup("attributes", lambda text: text.replace("<Content>", '<Content xmlns:a="b" a:c="d">')),
    markup("two senders", lambda text: text.replace("</xml>", "<FromUserName>oOther</FromUserName></xml>")),
    markup("two types", lambda text: text.replace("</xml>", "<MsgType>event</MsgType></xml>")),
    markup("two contents", lambda text: text.replace("</xml>", "<Content>x</Content></xml>")),
    markup("two MsgIds", lambda text: text.replace("</xml>", "<MsgId>1</MsgId></xml>")),
    markup("UTF-16", lambda text: text.encode("utf-16")),
    markup("GBK", lambda text: text.encode("gbk")),
    markup("GBK that says so", lambda text: ('<?xml version="1.0" encoding="GBK"?>' + text).encode("gbk")),
    markup("bytes that are no UTF-8", lambda text: text.encode().replace(b"<Content>", b"<Content>\xff\xfe")),
    markup("a NUL", lambda text: text.replace("你好", "你\x00好")),
    markup("a vertical tab", lambda text: text.replace("你好", "你\x0b好")),
    fields("nested content", Content={"a": {"b": "c"}}),
    fields("content as a list", Content=["a", "b"]),
    fields("no sender", FromUserName=None),
    fields("empty sender", FromUserName=""),
    fields("sender with spaces", FromUserName="o user"),
    fields("sender with markup", FromUserName="<a href='x'>"),
    fields("sender of 10 000 characters", FromUserName="o" * 10_000),
    fields("sender as an operator of the database", FromUserName={"$ne": ""}),
    fields("no account", ToUserName=None),
    fields("no type", MsgType=None),
    fields("empty type", MsgType=""),
    fields("nested type", MsgType={"a": "text"}),
    fields("type with markup", MsgType="te<x>t"),
    fields("no time", CreateTime=None),
    fields("time in words", CreateTime="yesterday"),
    fields("negative time", CreateTime="-1"),
    fields("time of thirty digits", CreateTime="9" * 30),
    fields("time zero", CreateTime=0),
    fields("time after the year 9999", CreateTime="999999999999"),
    fields("MsgId in words", MsgId="one"),
    fields("negative MsgId", MsgId="-1"),
    fields("MsgId of forty digits", MsgId="1" * 40),
    fields("MsgId of 5 000 digits", MsgId="1" * 5000),
    fields("MsgId with a fraction", MsgId="1.5"),
    fields("event without a name", MsgType="event"),
    fields("event with a nested key", MsgType="event", Event="CLICK", EventKey={"a": "b"}),
    fields("two events", MsgType="event", Event=["subscribe", "unsubscribe"]),
)
BODIES: Final = (
    body("empty body", b"", MALFORMED),
    body("spaces", b" " * 500, MALFORMED),
    body("no Encrypt", b"<xml><ToUserName>x</ToUserName></xml>", MALFORMED),
    body("Encrypt as an entity", (XXE + "<xml><Encrypt>&x;</Encrypt></xml>").encode(), MALFORMED),
    body("nested Encrypt", b"<xml><Encrypt><Encrypt></Encrypt></Encrypt></xml>", MALFORMED),
    body("JSON envelope to the official account", b'{"Encrypt": "QUJD"}', MALFORMED),
    body("a form", b"MsgType=text&Content=x", MALFORMED),
    body("10 MB", b"<xml>" + b"A" * (10 * MEGABYTE), TOO_LARGE),
    body(
        "10 MB in chunks, of unknown length",
        b"<xml>" + b"A" * (10 * MEGABYTE),
        TOO_LARGE,
        Manner(chunked=True, pieces=160),
    ),
    body("64 KB and one byte", b"A" * (64 * 1024 + 1), TOO_LARGE),
    body("64 KB and one byte in chunks", b"A" * (64 * 1024 + 1), TOO_LARGE, Manner(chunked=True, pieces=9)),
    body("10 TB, it says", b"<xml>", TOO_LARGE, Manner(claimed_length=10**13)),
    body("30 KB of open elements", b"<xml>" + b"<a>" * 10_000, MALFORMED),
    body("30 KB of Encrypt", b"<Encrypt>AAAA</Encrypt>" * 1500, FORGED),
)
MANNERS: Final = (
    sent("PUT", Manner(method="PUT"), NO_METHOD),
    sent("DELETE", Manner(method="DELETE"), NO_METHOD),
    sent("PATCH", Manner(method="PATCH"), NO_METHOD),
    sent("OPTIONS", Manner(method="OPTIONS"), NO_METHOD),
    sent("an invented method", Manner(method="PROPFIND"), NO_METHOD),
    sent("GET with the parameters of a push", Manner(method="GET"), REFUSED),
    sent("says it is GBK", PLAINLY, MALFORMED, content_type="text/xml; charset=GBK"),
    sent("says it is UTF-7", PLAINLY, MALFORMED, content_type='text/xml; charset="utf-7"'),
    sent("says it is compressed", Manner(headers={"Content-Encoding": "gzip"}), MALFORMED),
    sent("compressed in a way nobody knows", Manner(headers={"Content-Encoding": "xyz"}), (200, 400, 415)),
    sent("expects the impossible", Manner(headers={"Expect": "200-ok"}), (417,)),
    sent("another address", PLAINLY, (404,), path="/wechat/official/"),
    sent("an account that is not there", PLAINLY, (404,), path="/wechat/other"),
    sent("a path out of the house", PLAINLY, (404,), path="/wechat/../../etc/passwd"),
)


def safe_official() -> Iterator[Case]:
    """All cases for the official account in safe mode (the names are unique; a test says so)."""
    yield from (
        *QUERIES,
        *SEALED,
        *DOCUMENTS,
        *BODIES,
        *(each for each in MANNERS if 200 not in each.expected),
    )


COMPATIBLE: Final = (
    Case("the encrypted part cut out", plain_beside, MALFORMED),
    Case("plain push to a compatible account", downgraded, FORGED),
    query("compatible, msg_signature missing", msg_signature=None),
    query("compatible, encrypt_type missing", encrypt_type=None),
    query("compatible, signature of zeros", msg_signature=ZEROS),
)
PLAIN: Final = (
    query("plain, signature of zeros", signature=ZEROS),
    query("plain, no signature", signature=None),
    query("plain, upper-case signature", signature="A" * 40),
    query("plain, sealed by its parameters", expected=MALFORMED, encrypt_type="aes", msg_signature=ZEROS),
    Case("plain, signed with the empty token", wrong_token(""), FORGED),
    Case("plain, replay of an hour-old capture", recorded, FORGED),
    Case("plain, timestamp and nonce swapped", swapped, FORGED),
    stamped("plain, stale by 301 s", shift=-301),
    sealed("plain, entities that multiply", BOMB + "<xml><Content>&c;</Content></xml>"),
    sealed("plain, JSON to the official account", '{"MsgType": "text"}'),
    fields("plain, time of thirty digits", CreateTime="9" * 30),
    fields("plain, nested sender", FromUserName={"a": "b"}),
)


def _json(name: str, text: str | bytes) -> Case:
    return sealed(f"mini, {name}", text)


BASE: Final = '"ToUserName":"gh_mini","FromUserName":"oForger","CreateTime":1795392000,"MsgType":"text"'
MINI_JSON: Final = (
    _json("truncated", "{" + BASE),
    _json("a list", f"[{{{BASE}}}]"),
    _json("NaN", f'{{{BASE},"MsgId":NaN}}'),
    _json("infinite MsgId", f'{{{BASE},"MsgId":1e999}}'),
    _json("MsgId with a fraction", f'{{{BASE},"MsgId":1.5}}'),
    _json("MsgId of 5 000 digits", f'{{{BASE},"MsgId":{"1" * 5000}}}'),
    _json("MsgId true", f'{{{BASE},"MsgId":true}}'),
    _json("two senders", f'{{{BASE},"FromUserName":"oOther","Content":"x","MsgId":1}}'),
    _json("content as an object", f'{{{BASE},"Content":{{"$gt":""}},"MsgId":1}}'),
    _json("content as a list", f'{{{BASE},"Content":["x"],"MsgId":1}}'),
    _json("sender as an object", '{"FromUserName":{"$ne":1},"ToUserName":"g","CreateTime":1795392000}'),
    _json("sender with half a character", "{" + BASE.replace("oForger", "o\\ud800") + "}"),
    _json("twenty thousand open brackets", "[" * 20_000),
    _json("twenty thousand open objects", '{"a":' * 8_000),
    _json("UTF-16", ("{" + BASE + "}").encode("utf-16")),
    _json("words", "null"),
    query("mini, signature of zeros", msg_signature=ZEROS),
    Case("mini, plain push to a safe account", downgraded, FORGED),
    body("mini, no Encrypt", b'{"a": 1}', MALFORMED),
    body("mini, Encrypt as a number", b'{"Encrypt": 5}', MALFORMED),
    body("mini, 10 MB", b"{" + b"A" * (10 * MEGABYTE), TOO_LARGE),
)
