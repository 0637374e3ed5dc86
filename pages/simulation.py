"""One message of a made-up citizen on its way through the real door: built, sealed, delivered, opened."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Final, Literal, Self

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from messages import Channel
from wechat.account import Account
from wechat.codec import open_push
from wechat.errors import CodecError
from wechat.push import Fields, Push, event_fields, message_fields, open_answer, push

USER: Final = r"^sim_[0-9a-f]{8,40}$"
ACCOUNT_ID: Final = "gh_simulator"
DELIVERIES: Final = 3
WAIT_SECONDS: Final = 5.0
"""WeChat waits five seconds and delivers a message up to three times (被动回复用户消息)."""
BODY_SHOWN: Final = 20_000

User = Annotated[str, StringConstraints(pattern=USER)]


class PushOrder(BaseModel):
    """What the page wants to be said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: User
    channel: Channel
    type: Literal["text", "image", "voice", "location", "event"]
    text: Annotated[str, StringConstraints(max_length=2000)] = ""
    menu_id: Annotated[str, StringConstraints(max_length=64)] = ""
    event: Literal["", "subscribe", "unsubscribe", "SCAN", "CLICK"] = ""
    event_key: Annotated[str, StringConstraints(max_length=64)] = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.type == "event") != bool(self.event):
            raise ValueError("an event needs its name, and nothing else has one")
        return self


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire, and what came of it."""

    key: str
    """The key of the turn."""
    status: int
    """HTTP status of the last delivery; 0: nobody answered."""
    deliveries: int
    elapsed_ms: int
    request_text: str
    answer_text: str
    answer: Mapping[str, Any] | None
    """The opened reply; None for `success` and for errors."""
    error: str = ""
    """What went wrong, in a sentence; empty when all is well."""


def fields_of(order: PushOrder, now: datetime) -> Fields:
    """The platform's fields for the order (接收普通消息, 接收事件推送)."""
    user = order.user
    if order.type == "event":
        return event_fields(order.event, user=user, account_id=ACCOUNT_ID, now=now, key=order.event_key)
    content: dict[str, str | int] = {}
    match order.type:
        case "text":
            content = {"Content": order.text}
            if order.menu_id:
                content["bizmsgmenuid"] = order.menu_id
        case "image":
            content = {"PicUrl": "http://mmbiz.qpic.cn/sim/0", "MediaId": "simulated-image"}
        case "voice":
            content = {"MediaId": "simulated-voice", "Format": "amr"}
        case "location":
            content = {
                "Location_X": "31.883", "Location_Y": "111.262", "Scale": 16, "Label": "政务大道 1 号",
            }  # fmt: skip
    message_id = int(now.timestamp() * 1_000_000)
    return message_fields(
        order.type, user=user, account_id=ACCOUNT_ID, message_id=message_id, now=now, **content
    )


async def deliver(account: Account, order: PushOrder, *, address: str, now: datetime) -> Exchange:
    """Push as WeChat does: five seconds each time, again when the server fails, three times in all."""
    fields = fields_of(order, now)
    sealed = _sealed(account, fields, now)
    opened = open_push(account, sealed.query, sealed.body, sealed.content_type, now)
    started = perf_counter()
    status, body, count = 0, b"", 0
    while count < DELIVERIES and (status == 0 or status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        count += 1
        status, body = await _post(address, sealed)
    elapsed = round((perf_counter() - started) * 1000)
    answer, error = _read(account, status, body)
    return Exchange(
        key=opened.inbound.key,
        status=status,
        deliveries=count,
        elapsed_ms=elapsed,
        request_text=_request_text(account, fields, sealed, address, now),
        answer_text=_answer_text(status, body, answer),
        answer=answer,
        error=error,
    )


def _sealed(account: Account, fields: Fields, now: datetime) -> Push:
    form: Literal["json", "xml"] = "json" if account.channel == "mini" else "xml"
    return push(account, fields, nonce=secrets.token_hex(8), now=now, form=form)


async def _post(address: str, sealed: Push) -> tuple[int, bytes]:
    """One delivery: status and body; status 0 when nobody answered in time."""
    timeout = ClientTimeout(total=WAIT_SECONDS)
    headers = {"Content-Type": sealed.content_type, "User-Agent": "Mozilla/4.0"}
    try:
        async with (
            ClientSession(timeout=timeout) as session,
            session.post(address, params=sealed.query, data=sealed.body, headers=headers) as response,
        ):
            return response.status, await response.read()
    except (ClientError, TimeoutError):
        return 0, b""


def _read(account: Account, status: int, body: bytes) -> tuple[Mapping[str, Any] | None, str]:
    if status == 0:
        return None, "该公众号暂时无法提供服务，请稍后再试。（等了三次，每次 5 秒，没有应答）"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None, f"该公众号暂时无法提供服务，请稍后再试。（接口答复 HTTP {status}，推送了三次）"
    if status != HTTPStatus.OK:
        reason = body[:200].decode("utf-8", "replace").strip() or "没有说明"
        return None, f"接口没有收下这条消息：HTTP {status}，{reason}。请核对账号的模式和密钥。"
    try:
        return open_answer(account, body), ""
    except (CodecError, KeyError, ValueError) as error:
        return None, f"应答打不开，微信也会打不开：{type(error).__name__}。请看应答原文。"


def _request_text(account: Account, fields: Fields, sealed: Push, address: str, now: datetime) -> str:
    """The request as text. Signatures are cut: whoever reads over the shoulder can't use them again."""
    query = "&".join(
        f"{name}={value[:6] + '…' if name.endswith('signature') else value}"
        for name, value in sealed.query.items()
    )
    text = f"POST {address}?{query}\n\n{_lines(sealed.body)}"
    if account.mode == "plain":
        return text
    return f"{text}\n\n解密后：\n{_lines(_sealed(replace(account, mode='plain'), fields, now).body)}"


def _answer_text(status: int, body: bytes, answer: Mapping[str, Any] | None) -> str:
    if status == 0:
        return ""
    text = f"HTTP {status}\n\n{_lines(body)}"
    if answer is not None and b"<Encrypt>" in body:
        text += f"\n\n解密后：\n{json.dumps(answer, ensure_ascii=False, indent=1)}"
    return text


def _lines(body: bytes) -> str:
    """A document with a line for each element, cut to what can be read."""
    return re.sub(r">(?=<(?!!\[CDATA\[|/))", ">\n", body.decode("utf-8", "replace"))[:BODY_SHOWN]
