"""Passive replies: a wire message → the document that answers the platform's request.

Source: 被动回复用户消息 and 转发客服消息. For the mini-program the platform documents the XML of a transfer
only; to a JSON push the same fields go back as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from messages import Inbound
from wechat import xmlio
from wechat.markup import clean_text
from wechat.render import ImageMessage, NewsMessage, TextMessage, TransferMessage, WireMessage
from wechat.xmlio import Value


def reply_xml(message: WireMessage, inbound: Inbound, at: datetime) -> str:
    """The passive reply as XML, not encrypted yet."""
    return xmlio.write(_fields(message, inbound, at))


def reply_json(message: WireMessage, inbound: Inbound, at: datetime) -> str:
    """The passive reply as JSON, not encrypted yet."""
    return json.dumps(_as_object(_fields(message, inbound, at)), ensure_ascii=False)


def _fields(message: WireMessage, inbound: Inbound, at: datetime) -> list[tuple[str, Value]]:
    fields: list[tuple[str, Value]] = [
        ("ToUserName", inbound.user),
        ("FromUserName", inbound.account),
        ("CreateTime", int(at.timestamp())),
    ]
    match message:
        case TextMessage(content):
            return [*fields, ("MsgType", "text"), ("Content", content)]
        case ImageMessage(media_id):
            return [*fields, ("MsgType", "image"), ("Image", (("MediaId", media_id),))]
        case NewsMessage(articles):
            items: list[tuple[str, Value]] = [
                (
                    "item",
                    (
                        ("Title", each.title),
                        ("Description", each.description),
                        ("PicUrl", each.picture_url),
                        ("Url", each.url),
                    ),
                )
                for each in articles
            ]
            return [*fields, ("MsgType", "news"), ("ArticleCount", len(items)), ("Articles", items)]
        case TransferMessage(account):
            fields.append(("MsgType", "transfer_customer_service"))
            if account:
                fields.append(("TransInfo", (("KfAccount", account),)))
            return fields
        case _:
            assert_never(message)


def _as_object(fields: Sequence[tuple[str, Value]]) -> dict[str, Any]:
    """Nested fields as an object; repeated names (`item`) as a list."""
    result: dict[str, Any] = {}
    for name, value in fields:
        if isinstance(value, int):
            plain: Any = value
        elif isinstance(value, str):
            plain = clean_text(value)
        else:
            plain = _as_object(value)
        if name == "item":
            result.setdefault(name, []).append(plain)
        else:
            result[name] = plain
    return result
