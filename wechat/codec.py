"""The door between the platform's bytes and our types: requests in, answers out.

Errors: `wechat.errors` (`CodecError` → `ForgedError` 403, `MalformedError` 400); nothing else is raised for
anything that can stand in a request.

The mode of security belongs to the account, and no request can talk it down. In safe and compatible mode only
what `msg_signature` covers is read (the compatible mode's plain copy is signed by nobody). In plain mode the
platform signs the query alone, so a body can be anybody's: for development only. No parser sees a body before
its signature holds; the encrypted string is found by a plain pattern.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Never

from messages import Inbound
from wechat import crypto, signature, xmlio
from wechat.account import Account, Mode
from wechat.errors import CodecError, ForgedError, MalformedError
from wechat.inbound import read_inbound
from wechat.render import WireMessage
from wechat.replies import reply_json, reply_xml

__all__ = [
    "SUCCESS",
    "Account",
    "Answer",
    "CodecError",
    "ForgedError",
    "MalformedError",
    "Mode",
    "Opened",
    "ReplyContext",
    "answer",
    "open_push",
    "reply_json",
    "reply_xml",
    "seal",
    "verify_url",
]

Form = Literal["xml", "json"]
BODY_LIMIT_BYTES: Final = 64 * 1024
_CANDIDATE_LIMIT: Final = 4
_ENCRYPT: Final[Mapping[Form, re.Pattern[bytes]]] = {
    "xml": re.compile(rb"<Encrypt>\s{0,8}(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?\s{0,8}</Encrypt>"),
    "json": re.compile(rb'"Encrypt"\s{0,8}:\s{0,8}"((?:[A-Za-z0-9+/=]|\\/)+)"'),
}
_ECHO: Final = re.compile(r"[0-9A-Za-z_-]{1,128}")


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What the answer to one delivery needs of it."""

    nonce: str
    form: Form
    key: bytes | None = field(repr=False)
    """The AES key that opened the request; None in plain mode."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that proved itself and could be read."""

    inbound: Inbound
    context: ReplyContext


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of our HTTP answer."""

    body: bytes
    content_type: str


SUCCESS: Final = Answer(b"success", "text/plain")
"""“Received, nothing to say”: never encrypted, also in safe mode (公众平台, 被动回复)."""


def verify_url(account: Account, query: Mapping[str, str], now: datetime) -> str:
    """Answer the platform's verification GET: the `echostr` to send back, as text/plain.

    It is signed with the plain `signature` in every mode.
    """
    _check_query(account, query, now)
    echo = query.get("echostr", "")
    if not _ECHO.fullmatch(echo):
        raise MalformedError("bad_echostr")
    return echo


def open_push(
    account: Account, query: Mapping[str, str], body: bytes, content_type: str, now: datetime
) -> Opened:
    """Check, decrypt and understand one pushed message or event."""
    if len(body) > BODY_LIMIT_BYTES:
        raise MalformedError("too_large")
    _check_charset(content_type)
    if account.mode == "plain":
        _check_query(account, query, now)
        if query.get("encrypt_type", "raw") not in {"", "raw"} or "msg_signature" in query:
            raise MalformedError("encrypted_in_plain_mode", "set the mode that the platform's page shows")
        form = _form(account, body)
        text, key = _text(body), None
    else:
        form = _form(account, body)
        message, key = _decrypt(account, query, body, form, now)
        text = _text(message)
        form = _form(account, message)
    fields = xmlio.read_push(text) if form == "xml" else _read_json(text)
    return Opened(read_inbound(fields, account.channel), ReplyContext(query["nonce"], form, key))


def seal(account: Account, context: ReplyContext, document: str, at: datetime) -> Answer:
    """Put a reply document into the envelope that the account's mode asks for."""
    content_type = "text/xml" if context.form == "xml" else "application/json"
    if context.key is None:
        return Answer(document.encode(), content_type)
    timestamp = str(int(at.timestamp()))
    encrypted = crypto.encrypt(document.encode(), key=context.key, app_id=account.app_id)
    signed = signature.sign(account.token, timestamp, context.nonce, encrypted)
    if context.form == "xml":
        envelope = xmlio.write(
            (
                ("Encrypt", encrypted),
                ("MsgSignature", signed),
                ("TimeStamp", int(timestamp)),
                ("Nonce", context.nonce),
            )
        )
    else:
        envelope = json.dumps(
            {
                "Encrypt": encrypted,
                "MsgSignature": signed,
                "TimeStamp": int(timestamp),
                "Nonce": context.nonce,
            }
        )
    return Answer(envelope.encode(), content_type)


def answer(account: Account, opened: Opened, message: WireMessage | None, at: datetime) -> Answer:
    """The whole answer to one delivery: the sealed passive reply, or `success` when there is none."""
    if message is None:
        return SUCCESS
    build = reply_xml if opened.context.form == "xml" else reply_json
    return seal(account, opened.context, build(message, opened.inbound, at), at)


def _check_query(account: Account, query: Mapping[str, str], now: datetime) -> None:
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    signature.check_freshness(timestamp, nonce, now)
    if not signature.matches(
        query.get("signature", ""), token=account.token, timestamp=timestamp, nonce=nonce
    ):
        raise ForgedError("bad_signature", "check that the token is the one on the platform's page")


def _decrypt(
    account: Account, query: Mapping[str, str], body: bytes, form: Form, now: datetime
) -> tuple[bytes, bytes]:
    if query.get("encrypt_type") != "aes" or "msg_signature" not in query:
        raise ForgedError("not_encrypted", "set the mode that the platform's page shows")
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    signature.check_freshness(timestamp, nonce, now)
    found = _ENCRYPT[form].findall(body)
    if not found:
        raise MalformedError("no_encrypt")
    # A citizen's own words in a compatible-mode body may look like the element: the signature decides.
    for candidate in found[:_CANDIDATE_LIMIT]:
        encrypted = candidate.decode("ascii").replace("\\/", "/")
        if signature.matches(
            query["msg_signature"],
            token=account.token,
            timestamp=timestamp,
            nonce=nonce,
            more=(encrypted,),
        ):
            return crypto.decrypt(encrypted, keys=account.keys, app_id=account.app_id)
    raise ForgedError("bad_signature", "check that the token is the one on the platform's page")


def _check_charset(content_type: str) -> None:
    _, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w.-]+)", parameters)
    if charset and charset[1] not in {"utf-8", "utf8", "us-ascii"}:
        raise MalformedError("wrong_encoding")


def _form(account: Account, body: bytes) -> Form:
    """The body's format by its first character: the official account pushes XML alone."""
    first = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first == b"<":
        return "xml"
    if first == b"{" and account.channel == "mini":
        return "json"
    raise MalformedError("wrong_format")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("wrong_encoding") from None


def _read_json(text: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(text, parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise MalformedError("bad_json") from None
    if not isinstance(fields, dict):
        raise MalformedError("bad_json")
    return fields


def _refuse(_constant: str) -> Never:
    """NaN and Infinity are no JSON."""
    raise MalformedError("bad_json")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedError("duplicate_field")
    return fields
