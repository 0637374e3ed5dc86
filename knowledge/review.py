"""Links by which a department's chief representative (首席代表) confirms an entry without an account. Pure.

A link holds what it is for, signed with a key of the hall's: nothing is stored, nothing can be guessed, and
it ends by itself. It is about one content: when that is edited, the old link confirms nothing any more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from knowledge.dossiers import Dossier, content_of
from knowledge.entries import BEIJING, Entry
from knowledge.files import entry_line

SHORTEST_KEY_BYTES: Final = 32
LONGEST_TOKEN: Final = 1000
_PURPOSE: Final = b"lingjuli: confirm an entry\x00"
"""The same key may sign other things: a signature for those is none for this."""


class ReviewLinkError(Exception):
    """The link can't be used; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is asked to confirm which content, and until when."""

    entry_id: str
    content: str
    """Mark of the content, from `content_mark`."""
    to: str
    """The representative's name; it stands in the history as who confirmed."""
    expires_at: datetime
    """Aware; whole seconds."""


def content_mark(entry: Entry) -> str:
    """Return a short mark that is another one as soon as any word of the entry is."""
    return hashlib.sha256(entry_line(content_of(entry)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def invite(dossier: Dossier, to: str, *, expires_at: datetime) -> Invitation:
    """Ask somebody to confirm the version in work."""
    return Invitation(dossier.id, content_mark(dossier.entry), to, expires_at.replace(microsecond=0))


def sign(invitation: Invitation, key: bytes) -> str:
    """Make the token that the link ends with: letters, digits, `-`, `_` and one `.`."""
    values = [invitation.entry_id, invitation.content, invitation.to, int(invitation.expires_at.timestamp())]
    body = _encode(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{body}.{_encode(_signature(body, key))}"


def verify(token: str, key: bytes, *, now: datetime) -> Invitation:
    """Read a token back. Raises `ReviewLinkError` when it is not ours, was bent, or has ended."""
    body, dot, signature = token[: LONGEST_TOKEN + 1].partition(".")
    genuine = len(token) <= LONGEST_TOKEN and dot and token.isascii()
    if not genuine or not hmac.compare_digest(signature, _encode(_signature(body, key))):
        raise ReviewLinkError("这个链接不完整或不正确，请从收到的消息里重新点开。")
    entry_id, content, to, ends = json.loads(_decode(body))
    expires_at = datetime.fromtimestamp(ends, UTC)
    if now >= expires_at:
        ended = expires_at.astimezone(BEIJING)
        raise ReviewLinkError(f"这个链接已在 {ended:%m月%d日 %H:%M} 失效，请联系编辑重新发一个。")
    return Invitation(entry_id, content, to, expires_at)


def check_content(invitation: Invitation, dossier: Dossier) -> None:
    """Raise `ReviewLinkError` when the words are not those any more that the link was sent for."""
    if invitation.entry_id != dossier.id or invitation.content != content_mark(dossier.entry):
        raise ReviewLinkError("发出链接以后，内容又改过，请联系编辑重新发一个。")


def _signature(body: str, key: bytes) -> bytes:
    if len(key) < SHORTEST_KEY_BYTES:
        raise ValueError(f"the key must have at least {SHORTEST_KEY_BYTES} bytes")
    return hmac.new(key, _PURPOSE + body.encode(), hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:  # signed by us, so only a change of this module comes here
        raise ReviewLinkError("这个链接已不能用，请联系编辑重新发一个。") from error
