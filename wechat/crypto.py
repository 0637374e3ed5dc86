"""The platform's message encryption (消息加解密): AES-256-CBC over random(16) + length(4) + message + app id.

wechatpy's cipher does the AES. Its wrapper around it is not used: it checks neither padding nor lengths,
raises IndexError or struct.error on garbage, and takes its random bytes from `random`. Here every byte of
the envelope is accounted for before any of it is believed. See docs/decisions/0003-wechat-codec.md.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from wechatpy.crypto.cryptography import WeChatCipher

from wechat.errors import ForgedError, MalformedError

_BLOCK: Final = 32
"""PKCS#7 pads to 32 bytes, not to the 16 of an AES block."""
_RANDOM: Final = 16
_LENGTH: Final = 4
_KEY_TEXT_LENGTH: Final = 43


def decode_key(encoding_aes_key: str) -> bytes:
    """The 32 key bytes behind an EncodingAESKey of 43 characters. Raises `ValueError` on anything else."""
    if len(encoding_aes_key) != _KEY_TEXT_LENGTH:
        raise ValueError("an EncodingAESKey has exactly 43 characters: copy it again from the platform")
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("an EncodingAESKey has only letters, digits, + and /") from None
    if len(key) != _BLOCK:
        raise ValueError("an EncodingAESKey stands for exactly 32 bytes: copy it again from the platform")
    return key


def encrypt(message: bytes, *, key: bytes, app_id: str, random_prefix: bytes = b"") -> str:
    """Encrypt a message for the platform, in base64. `random_prefix` is for test vectors only."""
    prefix = random_prefix or secrets.token_bytes(_RANDOM)
    if len(prefix) != _RANDOM:
        raise ValueError("the random prefix has 16 bytes")
    content = prefix + len(message).to_bytes(_LENGTH, "big") + message + app_id.encode()
    padding = _BLOCK - len(content) % _BLOCK
    sealed: bytes = WeChatCipher(key).encrypt(content + bytes([padding]) * padding)
    return base64.b64encode(sealed).decode("ascii")


def decrypt(encrypted: str, *, keys: Sequence[bytes], app_id: str) -> tuple[bytes, bytes]:
    """Decrypt with the first of the keys (current, then previous) that fits: the message and that key.

    Raises `ForgedError` when the message is for another app id, `MalformedError` when no key fits.
    """
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("bad_base64") from None
    if not sealed or len(sealed) % _BLOCK:
        raise MalformedError("bad_ciphertext_length")
    foreign = False
    for key in keys:
        opened = _open(WeChatCipher(key).decrypt(sealed))
        if opened is None:
            continue
        message, owner = opened
        if hmac.compare_digest(owner, app_id.encode()):
            return message, key
        foreign = True
    if foreign:
        raise ForgedError("wrong_app_id", "check that the app id in the settings is this account's")
    raise MalformedError("undecryptable", "check the EncodingAESKey; keep the previous one while changing it")


def _open(plain: bytes) -> tuple[bytes, bytes] | None:
    """The message and the app id of a decrypted envelope; None when the envelope is not sound."""
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        return None
    content = plain[_RANDOM:-padding]
    length = int.from_bytes(content[:_LENGTH], "big")
    if len(content) < _LENGTH or length > len(content) - _LENGTH:
        return None
    return content[_LENGTH : _LENGTH + length], content[_LENGTH + length :]
