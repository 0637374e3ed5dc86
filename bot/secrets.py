"""Secrets that development makes up and keeps, so that `make run` needs no account."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ALPHABET: Final = string.ascii_letters + string.digits
TOKEN_LENGTH: Final = 24
AES_KEY_LENGTH: Final = 43


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Token, AES key and app id of an account that exists only on this machine."""

    token: str
    aes_key: str
    app_id: str


def made_up(data_dir: Path, name: str) -> MadeUp:
    """Read the made-up secrets of an account, or make them; the file is readable by its owner alone."""
    path = data_dir / "development-secrets.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    if name not in kept:
        kept[name] = {
            "token": _random(TOKEN_LENGTH),
            "aes_key": _random(AES_KEY_LENGTH - 1) + "A",
            "app_id": f"wx{secrets.token_hex(8)}",
        }
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        fresh.replace(path)
    return MadeUp(**kept[name])


def session_key(app_secret: str, data_dir: Path, *, production: bool) -> bytes | None:
    """What sessions of the mini-program are signed with: made of its secret, the same in all processes.

    Development makes one up; production without a mini-program has none, and so no sessions.
    """
    if app_secret:
        return hashlib.sha256(b"lingjuli: key of sessions\x00" + app_secret.encode()).digest()
    return None if production else made_up(data_dir, "mini").aes_key.encode()


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
