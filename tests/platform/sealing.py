"""Signatures and encryption as the platform's pages describe them (shared/WECHAT.md 1)."""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
HEAD = 20
"""16 random bytes and the length of the message."""


class UnsealError(Exception):
    """An envelope that the platform would not accept."""


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts without delimiters."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's rule


def key_bytes(encoding_aes_key: str) -> bytes:
    return base64.b64decode(encoding_aes_key + "=")


def pad(content: bytes) -> bytes:
    missing = BLOCK - len(content) % BLOCK
    return content + bytes([missing] * missing)


def encrypt_raw(padded: bytes, encoding_aes_key: str) -> str:
    """AES-256-CBC over what the caller made, sound or not."""
    key = key_bytes(encoding_aes_key)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def encrypt(message: bytes, *, encoding_aes_key: str, app_id: str, random: bytes | None = None) -> str:
    head = (os.urandom(16) if random is None else random) + struct.pack(">I", len(message))
    return encrypt_raw(pad(head + message + app_id.encode()), encoding_aes_key)


def decrypt(encrypted: str, *, encoding_aes_key: str) -> tuple[bytes, str]:
    """The message and the app id it was sealed for."""
    key = key_bytes(encoding_aes_key)
    sealed = base64.b64decode(encrypted, validate=True)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    missing = padded[-1]
    if not 1 <= missing <= BLOCK or padded[-missing:] != bytes([missing] * missing):
        raise UnsealError("the padding is wrong")
    content = padded[:-missing]
    (length,) = struct.unpack(">I", content[16:HEAD])
    if HEAD + length > len(content):
        raise UnsealError("the length is wrong")
    return content[HEAD : HEAD + length], content[HEAD + length :].decode()
