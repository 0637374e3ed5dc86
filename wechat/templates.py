"""Bodies of messages from a template; the kind of a field says how long its text may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from messages import Channel
from wechat.markup import clean_text
from wechat.outbox import Notice

LONGEST: Final[Mapping[str, int]] = {
    "thing": 20,
    "character_string": 32,
    "phrase": 5,
    "name": 10,
    "number": 32,
    "phone_number": 17,
}
"""Characters by the kind of a field (订阅消息, 参数说明); fields not named here are sent as they are."""
NOTICE_PATHS: Final[Mapping[Channel, str]] = {
    "official": "/cgi-bin/message/subscribe/bizsend",
    "mini": "/cgi-bin/message/subscribe/send",
}
_KIND: Final = re.compile(r"([a-z_]+?)\d*")
_CUT: Final = "…"


def fit(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Template values as the platform wants them; `thing1` and the like are cut to what may stand there."""
    return {field: {"value": _fit(field, text)} for field, text in values.items()}


def _fit(field: str, text: str) -> str:
    clean = " ".join(clean_text(text).split())
    found = _KIND.fullmatch(field)
    kind = found[1] if found else ""
    longest = LONGEST.get(kind, len(clean))
    if len(clean) <= longest:
        return clean
    return clean[: longest - 1] + _CUT if kind == "thing" else clean[:longest]


def notice_payload(openid: str, notice: Notice) -> dict[str, Any]:
    """The body of a subscribed message."""
    body = {
        "touser": openid,
        "template_id": notice.template_id,
        "data": fit({field.name: field.text for field in notice.fields}),
    }
    return {**body, "page": notice.page} if notice.page else body
