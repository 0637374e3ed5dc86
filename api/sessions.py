"""Sessions of the mini-program: who asks, signed by us, short-lived, nothing stored.

A citizen is known here by a pseudonym made from app id and openid: the openid itself is neither kept nor
given out, and a session's text says nothing to whoever reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final

LIFETIME: Final = timedelta(hours=2)
USER_PREFIX: Final = "app_"
"""How every citizen's pseudonym begins: nothing is ever sent to one through the platform."""
SIMULATED_CODE: Final = "sim:"
"""How login codes begin that work outside production alone."""
_SESSION: Final = re.compile(r"ljs_([0-9a-f]{32})\.([0-9]{10})\.([0-9a-f]{64})", re.ASCII)
_PURPOSE: Final = b"lingjuli: session of the mini-program\x00"


def pseudonym(app_id: str, openid: str) -> str:
    """Who somebody is for us, the same at each login. Nobody can guess an openid: plain hashing will do."""
    return USER_PREFIX + hashlib.sha256(f"{app_id}\x00{openid}".encode()).hexdigest()[:32]


def open_session(user: str, key: bytes, *, now: datetime) -> tuple[str, datetime]:
    """Make the token of a session, and when it ends."""
    ends = (now + LIFETIME).replace(microsecond=0)
    body = f"{user.removeprefix(USER_PREFIX)}.{int(ends.timestamp())}"
    return f"ljs_{body}.{_signature(body, key)}", ends


def read_session(token: str, key: bytes, *, now: datetime) -> str | None:
    """Who holds a session; None when it is not ours, was bent, or has ended."""
    found = _SESSION.fullmatch(token)
    if found is None:
        return None
    name, ends, signature = found.groups()
    if not hmac.compare_digest(signature, _signature(f"{name}.{ends}", key)):
        return None
    return USER_PREFIX + name if now < datetime.fromtimestamp(int(ends), UTC) else None


def _signature(body: str, key: bytes) -> str:
    return hmac.new(key, _PURPOSE + body.encode(), hashlib.sha256).hexdigest()
