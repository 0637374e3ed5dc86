"""Passwords and second factors. Hashing takes a tenth of a second on purpose: call it in a thread."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime
from functools import cache
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST: Final = 10
MOST: Final = 128
STEP_SECONDS: Final = 30
_KINDS: Final = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_KINDS_WANTED: Final = 2
_COMMON: Final = frozenset({
    "1234567890", "0123456789", "0987654321", "qwertyuiop", "password123", "admin12345", "1q2w3e4r5t",
    "qwerty12345", "a123456789", "abc1234567", "1qaz2wsx3edc", "password1234", "woaini1314", "zxcvbnm123",
    "asdfghjkl1", "123456789a", "aa123456789", "qq123456789", "admin@12345", "admin123456", "qwe1234567",
})  # fmt: skip
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""For passwords that are read from a screen: nothing that looks like something else."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Make the argon2id hash of a password."""
    return _hasher().hash(password)


def fits(password: str, hashed: str) -> bool:
    """Whether a password is the right one. An empty hash (nobody) costs the same time as a wrong password."""
    try:
        _hasher().verify(hashed or _nobodys_hash(), password[: MOST * 4])
    except (VerificationError, InvalidHashError):
        return False
    return bool(hashed)


def weakness(password: str, login: str) -> str:
    """Say in Chinese what is wrong with a new password; empty when nothing is."""
    if len(password) < LEAST:
        return f"密码至少 {LEAST} 位"
    if len(password) > MOST:
        return f"密码最多 {MOST} 位"
    if sum(bool(re.search(kind, password)) for kind in _KINDS) < _KINDS_WANTED:
        return "密码要包含字母、数字、符号中的至少两种"
    if password.lower() in _COMMON or len(set(password)) < LEAST // 2:
        return "这个密码太容易被猜到，请换一个"
    if login and login.lower() in password.lower():
        return "密码里不要包含登录名"
    return ""


def first_password() -> str:
    """Make up a password for somebody's first sign-in, such as `kd7m-2hqx-9rtp`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def new_totp_secret() -> str:
    """Make the secret of a second factor (RFC 6238, base32)."""
    return pyotp.random_base32()


def totp_address(secret: str, *, login: str, hall: str) -> str:
    """The `otpauth:` address that an authenticator app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=hall)


def totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to (this one, or one beside it); None: the code is wrong."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    totp, step = pyotp.TOTP(secret, interval=STEP_SECONDS), int(now.timestamp()) // STEP_SECONDS
    for each in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.at(each * STEP_SECONDS), digits):
            return each
    return None
