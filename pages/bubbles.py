"""What a phone would show, as plain JSON values for the simulator's script. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from rendering.markup import runs_of
from rendering.templating import safe_url
from wechat.render import ImageMessage, NewsMessage, TextMessage, TransferMessage, WireMessage

Bubble = dict[str, Any]

PICTURE = "［图片］"
TRANSFERRED = "已转接微信客服，之后的消息由客服人员答复。"
UNKNOWN = "这种消息模拟器还画不出来，请看应答原文。"


def of_answer(fields: Mapping[str, Any]) -> Bubble:
    """A passive reply, as it was opened, as one bubble."""
    match str(fields.get("MsgType", "")):
        case "text":
            return _text(str(fields.get("Content") or ""))
        case "news":
            return _news(_articles(fields))
        case "image":
            return _note(PICTURE)
        case "transfer_customer_service":
            return _note(TRANSFERRED)
        case _:
            return _note(UNKNOWN)


def of_messages(messages: Iterable[WireMessage]) -> list[Bubble]:
    """Messages that leave through the API, as bubbles."""
    return [_of_message(message) for message in messages]


def _of_message(message: WireMessage) -> Bubble:
    match message:
        case TextMessage(content):
            return _text(content)
        case NewsMessage(articles):
            return _news([(each.title, each.description, each.url) for each in articles])
        case ImageMessage():
            return _note(PICTURE)
        case TransferMessage():
            return _note(TRANSFERRED)
        case _:
            assert_never(message)


def _text(content: str) -> Bubble:
    runs = (asdict(run) for run in runs_of(content))
    return {"kind": "text", "runs": [{name: value for name, value in run.items() if value} for run in runs]}


def _note(text: str) -> Bubble:
    return {"kind": "note", "text": text}


def _news(articles: Sequence[tuple[str, str, str]]) -> Bubble:
    cards = [
        {"title": title, "description": description, "url": safe_url(url)}
        for title, description, url in articles
    ]
    return {"kind": "news", "articles": cards}


def _articles(fields: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """One item is read as an object, several as a list: both become a list."""
    inner = fields.get("Articles")
    items = inner.get("item") if isinstance(inner, Mapping) else None
    listed = items if isinstance(items, list) else [items]
    names = ("Title", "Description", "Url")
    found = (each for each in listed if isinstance(each, Mapping))
    return [tuple(str(each.get(name) or "") for name in names) for each in found]  # type: ignore[misc]
