"""Parts of a reply → wire messages: what the platform can really show, per channel.

Neighbouring text parts share one text message. News shows one article in answer to a message and up to eight
after an event; more become links in a text, so that nothing is lost. The mini-program has no news at all and
takes nothing but a transfer as a passive reply: everything else must leave through the API
(小程序, 接收消息和推送事件: answer `success`, then send).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from messages import (
    Article,
    Channel,
    Choices,
    Image,
    Inbound,
    Link,
    Links,
    News,
    Part,
    Taps,
    Text,
    Transfer,
)
from wechat.markup import clean_text, safe_href
from wechat.paging import MORE_LINE, TEXT_LIMIT_BYTES, paginate, run_text, runs, take_page

__all__ = [
    "MORE_LINE",
    "TEXT_LIMIT_BYTES",
    "ImageMessage",
    "NewsMessage",
    "TextMessage",
    "TransferMessage",
    "WireMessage",
    "custom_send_payload",
    "first_message",
    "paginate",
    "plain_text",
    "wire_messages",
]

_ARTICLES_AFTER_MESSAGE: Final = 1
_ARTICLES_AFTER_EVENT: Final = 8
"""被动回复 · 回复图文消息 (the old ten are history)."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """Text with its markup, ready but for the XML or JSON around it."""

    content: str


@dataclass(frozen=True, slots=True)
class NewsMessage:
    """Article cards."""

    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class ImageMessage:
    """An uploaded picture."""

    media_id: str


@dataclass(frozen=True, slots=True)
class TransferMessage:
    """Hand-over to the platform's customer service; `account` names one worker."""

    account: str = ""


WireMessage = TextMessage | NewsMessage | ImageMessage | TransferMessage


def wire_messages(parts: Sequence[Part], channel: Channel, *, after_event: bool = False) -> list[WireMessage]:
    """All messages that say the parts, in order, each within the platform's limits."""
    messages: list[WireMessage] = []
    for group in runs(_showable(parts, channel, after_event=after_event)):
        if isinstance(group, tuple):
            rest = group
            while rest:
                page, rest = take_page(rest, channel, TEXT_LIMIT_BYTES)
                if text := run_text(page, channel):
                    messages.append(TextMessage(text))
        else:
            messages.append(_message(group))
    return messages


def first_message(parts: Sequence[Part], inbound: Inbound) -> tuple[WireMessage | None, tuple[Part, ...]]:
    """The one message that can be the passive reply to `inbound`, and the parts left for the outbox.

    A transfer exists as a passive reply to a message only, so it goes first; after an event it is left out.
    """
    transfers = [part for part in parts if isinstance(part, Transfer)]
    others = tuple(part for part in parts if not isinstance(part, Transfer))
    if transfers and inbound.kind != "event":
        return TransferMessage(transfers[0].account), others
    if inbound.channel == "mini":
        return None, others
    left = list(_showable(others, inbound.channel, after_event=inbound.kind == "event"))
    while left:
        group = next(runs(left))
        if not isinstance(group, tuple):
            return _message(group), tuple(left[1:])
        page, rest = take_page(group, inbound.channel, TEXT_LIMIT_BYTES)
        left[: len(group)] = rest
        if text := run_text(page, inbound.channel):
            return TextMessage(text), tuple(left)
    return None, ()


def custom_send_payload(openid: str, message: WireMessage) -> dict[str, Any]:
    """The JSON body of `message/custom/send`. Raises `ValueError` for a transfer, which can't be sent so."""
    match message:
        case TextMessage(content):
            body: dict[str, Any] = {"msgtype": "text", "text": {"content": clean_text(content)}}
        case ImageMessage(media_id):
            body = {"msgtype": "image", "image": {"media_id": clean_text(media_id)}}
        case NewsMessage(articles):
            body = {"msgtype": "news", "news": {"articles": [_card(article) for article in articles]}}
        case TransferMessage():
            raise ValueError("a transfer exists only as a passive reply")
        case _:
            assert_never(message)
    return {"touser": openid, **body}


def plain_text(parts: Sequence[Part]) -> str:
    """The parts as a terminal shows them."""
    return "\n\n".join(text for part in parts if (text := _plain_part(part)))


def _showable(parts: Sequence[Part], channel: Channel, *, after_event: bool) -> tuple[Part, ...]:
    """The parts, with news that the platform would refuse turned into links and text."""
    most = _ARTICLES_AFTER_EVENT if after_event else _ARTICLES_AFTER_MESSAGE
    shown: list[Part] = []
    for part in parts:
        if not isinstance(part, News) or (channel == "official" and 0 < len(part.articles) <= most):
            shown.append(part)
        else:
            for article in part.articles:
                shown.append(Links((Link(article.title, article.url),)))
                shown.append(Text(article.description))
    return tuple(shown)


def _message(part: Part) -> WireMessage:
    match part:
        case News(articles):
            return NewsMessage(tuple(_checked(article) for article in articles))
        case Image(media_id):
            return ImageMessage(media_id)
        case Transfer(account):
            return TransferMessage(account)
        case Text() | Links() | Choices() | Taps():
            raise AssertionError("text parts are rendered together")
        case _:
            assert_never(part)


def _checked(article: Article) -> Article:
    """Only web addresses leave the house, in cards as in links."""
    return Article(
        title=clean_text(article.title),
        description=clean_text(article.description),
        url=safe_href(article.url) or "",
        picture_url=safe_href(article.picture_url) or "",
    )


def _card(article: Article) -> dict[str, str]:
    return {
        "title": article.title,
        "description": article.description,
        "url": article.url,
        "picurl": article.picture_url,
    }


def _plain_part(part: Part) -> str:
    match part:
        case Text(content):
            lines = [content]
        case Links(items, heading):
            lines = [heading, *(f"{item.title}：{item.url}" for item in items)]
        case Choices(heading, options, footer):
            lines = [heading, *(f"{option.number}. {option.label}" for option in options), footer]
        case Taps(lead, words):
            lines = [f"{lead} {' · '.join(words)}".strip()]
        case News(articles):
            lines = [line for each in articles for line in (f"{each.title}：{each.url}", each.description)]
        case Image():
            lines = ["［图片］"]
        case Transfer():
            lines = ["［转接微信客服］"]
        case _:
            assert_never(part)
    return "\n".join(clean_text(line) for line in lines if line)
