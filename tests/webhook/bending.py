"""How hostile requests are made: each from a genuine one, bent in one place."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.platform import sealing
from tests.platform.accounts import FakeAccount, SignedRequest, envelope, signed, signed_text, xml
from tests.platform.pusher import FakeWeChat
from tests.platform.wire import PLAINLY, Manner

FORGED, MALFORMED, TOO_LARGE, NO_METHOD = (403,), (400,), (413,), (405,)
REFUSED: Final = (400, 403)
MEGABYTE: Final = 1024 * 1024
BOMB: Final = (
    '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
XXE: Final = '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ORIGIN: Final = '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/evil.dtd">'


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile request."""

    name: str
    build: Callable[[FakeWeChat], SignedRequest]
    expected: tuple[int, ...]
    manner: Manner = PLAINLY


def genuine(wechat: FakeWeChat) -> SignedRequest:
    return wechat.sign(wechat.text("oForger", "社保卡丢了怎么补办"))


def query(name: str, expected: tuple[int, ...] = FORGED, **changes: str | None) -> Case:
    """A genuine request with other parameters; None takes one away."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        request = genuine(wechat)
        kept = {**request.query, **{key: value or "" for key, value in changes.items()}}
        return replace(
            request,
            query={
                key: value for key, value in kept.items() if key not in changes or changes[key] is not None
            },
        )

    return Case(name, build, expected)


def stamped(
    name: str,
    *,
    shift: int = 0,
    timestamp: str = "",
    nonce: str = "1514711492",
    expected: tuple[int, ...] = FORGED,
) -> Case:
    """Correctly signed, with an unusual time or nonce."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        time = timestamp or str(wechat.now() + shift)
        return signed(wechat.account, wechat.text("oForger", "你好"), timestamp=time, nonce=nonce)

    return Case(name, build, expected)


def sealed(name: str, text: str | bytes, expected: tuple[int, ...] = MALFORMED) -> Case:
    """Correctly signed and sealed, with a document of the forger's choice."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        return signed_text(wechat.account, text, timestamp=str(wechat.now()), nonce=wechat.nonce())

    return Case(name, build, expected)


def fields(name: str, expected: tuple[int, ...] = MALFORMED, **changes: Any) -> Case:
    """A genuine document with other fields; None takes one away."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        document = {**wechat.text("oForger", "你好"), **changes}
        return wechat.sign({key: value for key, value in document.items() if value is not None})

    return Case(name, build, expected)


def markup(name: str, change: Callable[[str], str | bytes], expected: tuple[int, ...] = MALFORMED) -> Case:
    """A genuine XML document, changed as text before it is sealed."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        text = change(xml(wechat.text("oForger", "你好")))
        return signed_text(wechat.account, text, timestamp=str(wechat.now()), nonce=wechat.nonce())

    return Case(name, build, expected)


def encrypted(name: str, make: Callable[[FakeAccount], str], expected: tuple[int, ...] = MALFORMED) -> Case:
    """A correctly signed string in place of the encrypted message."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        content = make(wechat.account)
        body = xml({"ToUserName": wechat.account.original_id, "Encrypt": content}).encode()
        return envelope(
            wechat.account, content or " ", body, timestamp=str(wechat.now()), nonce=wechat.nonce()
        )

    return Case(name, build, expected)


def body(
    name: str, content: bytes, expected: tuple[int, ...], manner: Manner = PLAINLY, **query: str
) -> Case:
    """The parameters of a genuine request with another body."""

    def build(wechat: FakeWeChat) -> SignedRequest:
        request = genuine(wechat)
        return replace(request, body=content, query={**request.query, **query})

    return Case(name, build, expected, manner)


def sent(name: str, manner: Manner, expected: tuple[int, ...], **changes: Any) -> Case:
    """A genuine request, sent in another manner."""
    return Case(name, lambda wechat: replace(genuine(wechat), **changes), expected, manner)


def padded(message: bytes, account: FakeAccount, padding: bytes) -> str:
    head = os.urandom(16) + len(message).to_bytes(4, "big")
    content = head + message + account.app_id.encode()
    room = -len(content + padding) % 32
    return sealing.encrypt_raw(content + b"\x07" * room + padding, account.aes_key)


def length(account: FakeAccount, length: int) -> str:
    content = os.urandom(16) + length.to_bytes(4, "big") + b"<xml></xml>" + account.app_id.encode()
    return sealing.encrypt_raw(sealing.pad(content), account.aes_key)


def sealed_for(app_id: str) -> Callable[[FakeAccount], str]:
    return lambda account: sealing.encrypt(b"<xml></xml>", encoding_aes_key=account.aes_key, app_id=app_id)


def downgraded(wechat: FakeWeChat) -> SignedRequest:
    """A plain push with a valid plain signature, as anybody can make who saw one address."""
    plain = replace(wechat.account, mode="plain")
    return signed(plain, wechat.text("oForger", "转人工"), timestamp=str(wechat.now()), nonce=wechat.nonce())


def plain_beside(wechat: FakeWeChat) -> SignedRequest:
    """A compatible push whose Encrypt was cut out: only the unsigned fields are left."""
    request = genuine(wechat)
    document = xml(wechat.text("oForger", "转人工")).encode()
    return replace(request, body=document)


def recorded(wechat: FakeWeChat) -> SignedRequest:
    """Captured an hour ago, sent again."""
    past = str(wechat.now() - 3600)
    return signed(wechat.account, wechat.text("oForger", "你好"), timestamp=past, nonce="1514711492")


def swapped(wechat: FakeWeChat) -> SignedRequest:
    request = genuine(wechat)
    stamp, nonce = request.query["timestamp"], request.query["nonce"]
    return replace(request, query={**request.query, "timestamp": nonce, "nonce": stamp})


def wrong_token(token: str) -> Callable[[FakeWeChat], SignedRequest]:
    def build(wechat: FakeWeChat) -> SignedRequest:
        fields = wechat.text("oForger", "你好")
        return signed(
            replace(wechat.account, token=token), fields, timestamp=str(wechat.now()), nonce=wechat.nonce()
        )

    return build


def mixed_signatures(wechat: FakeWeChat) -> SignedRequest:
    """The signature of one message with the body of another."""
    one, other = genuine(wechat), genuine(wechat)
    return replace(other, query=one.query)


def exchanged(wechat: FakeWeChat) -> SignedRequest:
    request = genuine(wechat)
    plain, full = request.query["signature"], request.query["msg_signature"]
    return replace(request, query={**request.query, "signature": full, "msg_signature": plain})


def to_other_account(wechat: FakeWeChat) -> SignedRequest:
    """Genuine for one account, sent to the address of the other."""
    other = "/wechat/mini" if wechat.account.channel == "official" else "/wechat/official"
    return replace(genuine(wechat), path=other)
