"""Temporary media, kept by the platform for three days (新增临时素材, 获取临时素材)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from wechat.client import Client
from wechat.transport import File, Upload

MediaKind = Literal["image", "voice", "video", "thumb"]
LARGEST_BYTES: Final[Mapping[MediaKind, int]] = {
    "image": 10 * 1024 * 1024,
    "voice": 2 * 1024 * 1024,
    "video": 10 * 1024 * 1024,
    "thumb": 64 * 1024,
}
"""新增临时素材. (The same page says 2 MB for images in another place.)"""


async def upload(client: Client, kind: MediaKind, content: bytes, *, filename: str, content_type: str) -> str:
    """Upload a file; its media id can be sent for three days."""
    if not 0 < len(content) <= LARGEST_BYTES[kind]:
        raise ValueError(f"a file of kind {kind} has 1 to {LARGEST_BYTES[kind]} bytes")
    file = Upload("media", filename, content, content_type)
    answer = await client.upload("/cgi-bin/media/upload", {"type": kind}, file)
    return str(answer.get("media_id") or answer.get("thumb_media_id", ""))


async def get(client: Client, media_id: str) -> File | str:
    """Fetch what a citizen sent, by its media id; for a video the platform gives an address instead."""
    answer = await client.download("/cgi-bin/media/get", {"media_id": media_id})
    return answer if isinstance(answer, File) else str(answer.get("video_url", ""))
