"""Template messages (发送模板消息), for what the citizen set going themself.

Subscribed messages (订阅通知, 订阅消息) are `Client.notify`: the sender's second way to a citizen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wechat.client import Client
from wechat.markup import clean_text


async def send_template(
    client: Client, openid: str, template_id: str, values: Mapping[str, str], *, url: str = ""
) -> str:
    """Send a template message; returns its number, which the result event names again."""
    data = {name: {"value": clean_text(text)} for name, text in values.items()}
    payload: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": data}
    if url:
        payload["url"] = url
    answer = await client.post("/cgi-bin/message/template/send", payload)
    return str(answer.get("msgid", ""))
