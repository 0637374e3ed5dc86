"""Keys of the hall's own, for what it signs: made when first asked for, and never shown."""

from __future__ import annotations

from typing import Protocol

KEY_BYTES = 32


class KeyStore(Protocol):
    """Keeps one random key for each purpose."""

    async def key(self, purpose: str) -> bytes:
        """The key of a purpose, the same for all processes; made when there is none yet."""
