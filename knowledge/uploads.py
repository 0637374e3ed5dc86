"""Files that a clerk has sent in to be looked at before they are imported; forgotten after an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

KEPT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file."""

    id: str
    """Can't be guessed."""
    owner: str
    """Staff id; nobody else gets it."""
    name: str
    data: bytes
    at: datetime


class UploadStore(Protocol):
    """Keeps files for an hour, for whichever process is asked next."""

    async def keep(self, upload: Upload) -> None:
        """Store a file (some 20 MB at most)."""

    async def get(self, upload_id: str, *, owner: str) -> Upload | None:
        """The file, if it is this person's and still there."""

    async def drop(self, upload_id: str, *, owner: str) -> None:
        """Forget it now."""
