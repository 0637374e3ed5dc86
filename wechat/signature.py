"""The SHA-1 signature of the platform's requests, and when it is believed.

Source: 微信开发文档, 消息推送 (server verification, message encryption): the parts are sorted and joined
without delimiters. So one signature also fits other splits of the same digits (a swapped timestamp and nonce
among them); a fixed timestamp shape and a time window leave hardly any of them but the real one.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Final

from wechatpy.utils import WeChatSigner

from wechat.errors import ForgedError

WINDOW_SECONDS: Final = 300
"""How far a request's time may be off. The platform names no number; field code uses five minutes."""
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_NONCE: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{40}")


def sign(token: str, timestamp: str, nonce: str, *more: str) -> str:
    """Sign as the platform does: SHA-1 over the sorted parts, in hexadecimal. Refuses an empty token."""
    if not token:
        raise ValueError("the WeChat token is empty: set it to the token of the platform's settings page")
    signer = WeChatSigner()
    signer.add_data(token, timestamp, nonce, *more)
    return str(signer.signature)


def check_freshness(timestamp: str, nonce: str, now: datetime) -> None:
    """Refuse parameters that are not shaped like the platform's, or that are not of this moment."""
    if not _TIMESTAMP.fullmatch(timestamp):
        raise ForgedError("bad_timestamp")
    if not _NONCE.fullmatch(nonce):
        raise ForgedError("bad_nonce")
    if abs(now.timestamp() - int(timestamp)) > WINDOW_SECONDS:
        raise ForgedError("stale_timestamp", "check that the server's clock is right (NTP)")


def matches(signature: str, *, token: str, timestamp: str, nonce: str, more: tuple[str, ...] = ()) -> bool:
    """Compare in constant time. False for anything that is not 40 lower-case hexadecimal digits."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    return hmac.compare_digest(sign(token, timestamp, nonce, *more), signature)
