"""Secrets that somebody else holds: made here, told once, and kept only as what can't be turned back."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """Make a secret of 256 bits that can stand in a header or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256. Plain hashing is enough, nobody can guess 256 bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
