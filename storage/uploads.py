"""Files for an hour in MongoDB (`knowledge.uploads.UploadStore`), in pieces: a document holds 16 MB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from knowledge.uploads import KEPT, Upload
from storage.mongo import Document, border

PIECE_BYTES: Final = 8 * 1024 * 1024
_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class MongoUploadStore:
    """Keeps files until they are an hour old."""

    uploads: AsyncCollection[Document]

    @border(_SECONDS)
    async def keep(self, upload: Upload) -> None:
        """Store a file (some 20 MB at most)."""
        starts = range(0, max(1, len(upload.data)), PIECE_BYTES)
        for number, start in enumerate(starts):
            await self.uploads.insert_one(
                {
                    "_id": f"{upload.id}/{number:04d}",
                    "upload": upload.id,
                    "owner": upload.owner,
                    "name": upload.name,
                    "at": upload.at,
                    "pieces": len(starts),
                    "data": upload.data[start : start + PIECE_BYTES],
                    "expire_at": upload.at + KEPT,
                }
            )

    @border(_SECONDS)
    async def get(self, upload_id: str, *, owner: str) -> Upload | None:
        """The file, if it is this person's and still there."""
        found = self.uploads.find({"upload": upload_id, "owner": owner}).sort("_id", ASCENDING)
        pieces = [piece async for piece in found]
        if not pieces or len(pieces) != pieces[0]["pieces"]:
            return None
        data = b"".join(piece["data"] for piece in pieces)
        return Upload(upload_id, owner, pieces[0]["name"], data, pieces[0]["at"])

    @border()
    async def drop(self, upload_id: str, *, owner: str) -> None:
        """Forget it now."""
        await self.uploads.delete_many({"upload": upload_id, "owner": owner})
