"""One account of the hall on the platform: who we are, and how its pushes are secured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from messages import Channel
from wechat.crypto import decode_key

Mode = Literal["plain", "compatible", "safe"]
"""明文模式, 兼容模式, 安全模式: chosen on the platform's settings page, and here to the same value."""


@dataclass(frozen=True, slots=True)
class Account:
    """One official account or mini-program. Raises `ValueError` when it could not be secure."""

    channel: Channel
    token: str = field(repr=False)
    app_id: str
    mode: Mode
    aes_keys: tuple[str, ...] = field(default=(), repr=False)
    """EncodingAESKeys of 43 characters: the current one and, while it is being changed, the previous one."""

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("the WeChat token is empty: anybody could sign requests with it")
        if self.mode == "plain":
            return
        if not self.aes_keys or not self.app_id:
            raise ValueError(f"mode {self.mode} needs the app id and an EncodingAESKey")
        for key in self.aes_keys:
            decode_key(key)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The decoded AES keys, current first."""
        return tuple(decode_key(key) for key in self.aes_keys)
