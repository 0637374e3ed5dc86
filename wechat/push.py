"""The other side: builds pushes as the platform does, and opens our answers as it would.

For the simulator page and the `chat` command, so that what they show went through the real door. (The tests'
hostile platform has its own implementation, so that the two can't share a mistake.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wechat import crypto, signature, xmlio
from wechat.account import Account
from wechat.codec import Form
from wechat.errors import ForgedError

Fields = Mapping[str, "str | int | Fields"]
"""What the platform pushes; nested for a few events."""


@dataclass(frozen=True, slots=True)
class Push:
    """One request of the platform: query, body and content type of a POST."""

    query: dict[str, str]
    body: bytes
    content_type: str


def verification_query(account: Account, *, echostr: str, nonce: str, now: datetime) -> dict[str, str]:
    """The query of the verification GET."""
    return {**_signed(account, nonce=nonce, now=now), "echostr": echostr}


def push(account: Account, fields: Fields, *, nonce: str, now: datetime, form: Form = "xml") -> Push:
    """Sign the fields, and encrypt them when the account's mode says so."""
    query = _signed(account, nonce=nonce, now=now)
    query["openid"] = str(fields.get("FromUserName", ""))
    document = _document(fields, form)
    if account.mode != "plain":
        encrypted = crypto.encrypt(document.encode(), key=account.keys[0], app_id=account.app_id)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature.sign(account.token, query["timestamp"], nonce, encrypted)
        visible = fields if account.mode == "compatible" else {"ToUserName": fields.get("ToUserName", "")}
        document = _document({**visible, "Encrypt": encrypted}, form)
    return Push(query, document.encode(), "text/xml" if form == "xml" else "application/json")


def message_fields(
    kind: str, *, user: str, account_id: str, message_id: int, now: datetime, **content: str | int
) -> Fields:
    """A message of a citizen: `message_fields("text", …, Content="你好")`, the platform's names."""
    return {
        "ToUserName": account_id,
        "FromUserName": user,
        "CreateTime": int(now.timestamp()),
        "MsgType": kind,
        **content,
        "MsgId": message_id,
    }


def event_fields(
    event: str, *, user: str, account_id: str, now: datetime, key: str = "", **content: str | int | Fields
) -> Fields:
    """An event: `event_fields("subscribe", …, key="qrscene_12")`."""
    return {
        "ToUserName": account_id,
        "FromUserName": user,
        "CreateTime": int(now.timestamp()),
        "MsgType": "event",
        "Event": event,
        "EventKey": key,
        **content,
    }


def open_answer(account: Account, body: bytes) -> Mapping[str, Any] | None:
    """The fields of our answer; None for `success`. Checks the signature of a sealed one (`ForgedError`)."""
    if body in {b"", b"success"}:
        return None
    text = body.decode()
    fields = _read(text)
    if account.mode == "plain":
        return fields
    encrypted = str(fields["Encrypt"])
    if not signature.matches(
        str(fields["MsgSignature"]),
        token=account.token,
        timestamp=str(fields["TimeStamp"]),
        nonce=str(fields["Nonce"]),
        more=(encrypted,),
    ):
        raise ForgedError("bad_signature")
    message, _key = crypto.decrypt(encrypted, keys=account.keys, app_id=account.app_id)
    return _read(message.decode())


def _signed(account: Account, *, nonce: str, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    return {
        "signature": signature.sign(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
    }


def _document(fields: Fields, form: Form) -> str:
    if form == "json":
        return json.dumps(fields, ensure_ascii=False)
    return xmlio.write(_pairs(fields))


def _pairs(fields: Fields) -> list[tuple[str, xmlio.Value]]:
    return [(name, _pairs(value) if isinstance(value, Mapping) else value) for name, value in fields.items()]


def _read(text: str) -> Mapping[str, Any]:
    if text.startswith("{"):
        fields = json.loads(text)
        return fields if isinstance(fields, dict) else {}
    return xmlio.read_document(text)
