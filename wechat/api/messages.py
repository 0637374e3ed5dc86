"""Messages to one citizen (发送客服消息), and “is typing” (客服输入状态)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from messages import Channel
from wechat.client import Client
from wechat.markup import clean_text
from wechat.render import ImageMessage, NewsMessage, TextMessage, TransferMessage, custom_send_payload


@dataclass(frozen=True, slots=True)
class MenuMessage:
    """Choices to tap. A tap counts as a menu click (three messages in a minute), not as a message."""

    heading: str
    options: tuple[tuple[str, str], ...]
    """Pairs of id and words."""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class MiniProgramCard:
    """A card that opens a page of a mini-program."""

    title: str
    page: str
    picture_id: str
    """Media id of an uploaded picture."""
    app_id: str = ""
    """Empty inside the mini-program's own customer service."""


SentMessage = TextMessage | NewsMessage | ImageMessage | TransferMessage | MenuMessage | MiniProgramCard


def payload(openid: str, message: SentMessage, *, worker: str = "", by_ai: bool = False) -> dict[str, Any]:
    """The body of `message/custom/send`; `worker` is the kf account shown as the sender."""
    match message:
        case MenuMessage():
            menu = {
                "head_content": clean_text(message.heading),
                "list": [{"id": name, "content": clean_text(words)} for name, words in message.options],
                "tail_content": clean_text(message.footer),
            }
            body: dict[str, Any] = {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu}
        case MiniProgramCard():
            card = {
                "title": clean_text(message.title),
                "pagepath": message.page,
                "thumb_media_id": message.picture_id,
            }
            if message.app_id:
                card["appid"] = message.app_id
            body = {"touser": openid, "msgtype": "miniprogrampage", "miniprogrampage": card}
        case _:
            body = custom_send_payload(openid, message)
    if worker:
        body["customservice"] = {"kf_account": worker}
    if by_ai:
        body["aimsgcontext"] = {"is_ai_msg": 1}
    return body


async def send(
    client: Client, openid: str, message: SentMessage, *, worker: str = "", by_ai: bool = False
) -> None:
    """Send one message, within the citizen's window."""
    await client.post("/cgi-bin/message/custom/send", payload(openid, message, worker=worker, by_ai=by_ai))


async def typing(client: Client, openid: str, *, on: bool, channel: Channel = "official") -> None:
    """Show or hide “is typing”; needs something of the citizen within the last 30 seconds (45080)."""
    middle = "custom" if channel == "official" else "custom/business"
    command = "Typing" if on else "CancelTyping"
    await client.post(f"/cgi-bin/message/{middle}/typing", {"touser": openid, "command": command})
