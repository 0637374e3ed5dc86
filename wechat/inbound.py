"""Raw fields of a push → `Inbound`. One reading for XML and JSON, official account and mini-program.

The fields are those of the platform's pages 接收普通消息 and 接收事件推送. Nothing here trusts their shapes:
a field that is used must be a text or a whole number, or the push is refused; all others are ignored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from messages import Channel, Inbound, Kind
from wechat.errors import MalformedError
from wechat.markup import clean_text
from wechat.notice_events import notice_rows

_KINDS: Final[Mapping[str, Kind]] = {
    "text": "text",
    "image": "image",
    "voice": "voice",
    "video": "video",
    "shortvideo": "video",
    "location": "location",
    "link": "link",
    "miniprogrampage": "card",
    "event": "event",
}
_TEXT_FIELD: Final[Mapping[str, str]] = {
    "text": "Content",
    "voice": "Recognition",
    "location": "Label",
    "link": "Title",
    "miniprogrampage": "Title",
}
"""What a message says in words. (Recognition is a service that the platform has ended: mostly empty.)"""
_EVENT_TEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "scancode_push": ("ScanCodeInfo", "ScanResult"),
    "scancode_waitmsg": ("ScanCodeInfo", "ScanResult"),
    "location_select": ("SendLocationInfo", "Label"),
    "templatesendjobfinish": ("Status",),
    "masssendjobfinish": ("Status",),
    "user_authorization_revoke": ("RevokeInfo",),
}
"""Where an event says something in words."""
_EVENT_KEY: Final[Mapping[str, str]] = {
    "user_enter_tempsession": "SessionFrom",
    "kf_create_session": "KfAccount",
    "kf_close_session": "KfAccount",
    "kf_switch_session": "ToKfAccount",
    "wxa_media_check": "trace_id",
}
"""Events whose key has another name than EventKey."""
_REWRITTEN_EVENTS: Final = {"subscribe_scan": "subscribe", "subscribe_scan_product": "subscribe"}
"""wechatpy renames a follow by QR code; the platform has one event."""
_PERSONAL_DATA_EVENTS: Final = {
    "user_info_modified",
    "user_authorization_revoke",
    "user_authorization_cancellation",
}
"""Here `FromUserName` is the platform, and `OpenID` the person whose data it is about."""
_SCENE_PREFIX: Final = "qrscene_"

_NAME: Final = re.compile(r"[0-9A-Za-z_@.:=-]{1,128}")
_TYPE: Final = re.compile(r"[0-9A-Za-z_]{1,64}")
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_EARLIEST: Final = datetime(2011, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_ORDER_LIMIT: Final = 2**63 - 1
"""What a database keeps as a whole number; real MsgIds are far below."""


def read_inbound(fields: Mapping[str, Any], channel: Channel) -> Inbound:
    """Understand one push. Unknown types become kind `unknown`; unknown events keep their name."""
    message_type = _required(fields, "MsgType", _TYPE).lower()
    kind = _KINDS.get(message_type, "unknown")
    sender = _required(fields, "FromUserName", _NAME)
    account = _required(fields, "ToUserName", _NAME)
    at = _time(fields)
    if kind == "event":
        return _event(fields, channel=channel, sender=sender, account=account, at=at)
    number = _number(fields, "MsgId")
    text = clean_text(_scalar(fields, _TEXT_FIELD.get(message_type, "")))
    identity = (str(number),) if number else (str(int(at.timestamp())), message_type, text)
    return Inbound(
        key=_key(channel, sender, "message", *identity),
        channel=channel,
        user=sender,
        account=account,
        kind=kind,
        at=at,
        order=min(number, _ORDER_LIMIT),
        text=text,
        media_id=clean_text(_scalar(fields, "MediaId")),
        menu_choice=clean_text(_scalar(fields, "bizmsgmenuid")),
    )


def _event(
    fields: Mapping[str, Any], *, channel: Channel, sender: str, account: str, at: datetime
) -> Inbound:
    name = _required(fields, "Event", _TYPE).lower()
    name = _REWRITTEN_EVENTS.get(name, name)
    event_key = clean_text(_scalar(fields, _EVENT_KEY.get(name, "EventKey")))
    if name == "subscribe":
        event_key = event_key.removeprefix(_SCENE_PREFIX)
    user = sender
    if name in _PERSONAL_DATA_EVENTS and fields.get("OpenID"):
        user = _required(fields, "OpenID", _NAME)
    # The number of a sending job tells two results of one second apart. `MsgID` is the platform's spelling.
    job = _number(fields, "MsgID") or _number(fields, "MsgId")
    rows = notice_rows(name, fields, job=str(job or ""))
    listed = [word for row in rows for word in (row.template_id, row.word, row.job)]
    return Inbound(
        key=_key(channel, user, "event", str(int(at.timestamp())), name, event_key, str(job), *listed),
        channel=channel,
        user=user,
        account=account,
        kind="event",
        at=at,
        text=clean_text(_nested(fields, _EVENT_TEXT.get(name, ()))),
        event=name,
        event_key=event_key,
        rows=rows,
    )


def _scalar(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; empty when it is missing or empty. Refuses lists, objects, fractions and so on."""
    match fields.get(name):
        case None:
            return ""
        case bool():
            raise MalformedError("bad_field")
        case str(text):
            return text
        case int(number) if abs(number) < 10**20:
            return str(number)
        case _:
            raise MalformedError("bad_field")


def _nested(fields: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """A text inside nested fields; empty when the path leads nowhere (it is not essential)."""
    if not path:
        return ""
    *parents, name = path
    for parent in parents:
        inner = fields.get(parent)
        if not isinstance(inner, Mapping):
            return ""
        fields = inner
    return _scalar(fields, name)


def _required(fields: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = _scalar(fields, name)
    if not shape.fullmatch(value):
        raise MalformedError("missing_field" if not value else "bad_field")
    return value


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = _scalar(fields, name)
    if not value:
        return 0
    if not _DIGITS.fullmatch(value):
        raise MalformedError("bad_field")
    return int(value)


def _time(fields: Mapping[str, Any]) -> datetime:
    seconds = _number(fields, "CreateTime")
    if not _EARLIEST <= seconds < _LATEST:
        raise MalformedError("bad_time")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _key(*identity: str) -> str:
    """A name for the push that is the same on every delivery, and from which no openid can be read."""
    digest = hashlib.blake2b(digest_size=20)
    for each in identity:
        encoded = each.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()
