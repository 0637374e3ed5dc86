"""The hall's own signing keys in MongoDB (`helpdesk.keys.KeyStore`)."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from helpdesk.keys import KEY_BYTES
from storage.mongo import Document, border


@dataclass(frozen=True, slots=True)
class MongoKeyStore:
    """Keeps one random key for each purpose."""

    keys: AsyncCollection[Document]

    @border()
    async def key(self, purpose: str) -> bytes:
        """The key of a purpose, the same for all processes; made when there is none yet."""
        which = {"purpose": purpose}
        found = await self.keys.find_one(which)
        while found is None:
            with contextlib.suppress(DuplicateKeyError):  # another process was faster: its key is the key
                await self.keys.insert_one({**which, "key": secrets.token_bytes(KEY_BYTES)})
            found = await self.keys.find_one(which)
        return bytes(found["key"])
