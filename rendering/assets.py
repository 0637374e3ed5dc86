"""Style sheets and scripts: read once, served with their content hash in the address and a long life."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from aiohttp import web

FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in memory."""

    body: bytes
    content_type: str
    digest: str


@dataclass(frozen=True, slots=True)
class Assets:
    """A handful of files under one address."""

    prefix: str
    files: Mapping[str, Asset]

    @classmethod
    def read(cls, prefix: str, files: Sequence[Path]) -> Self:
        """Read files; each is served under its own name."""
        return cls(prefix, MappingProxyType({file.name: _asset(file) for file in files}))

    def url(self, name: str) -> str:
        """The address of a file; it changes when the file changes."""
        return f"{self.prefix}/{name}?v={self.files[name].digest}"

    def under(self, root: str) -> Self:
        """The same files, as seen from outside an application that is mounted at `root`."""
        return replace(self, prefix=root + self.prefix)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The one route that serves the files."""
        return [web.get(self.prefix + "/{name}", self.serve)]

    async def serve(self, request: web.Request) -> web.Response:
        """Give a file; an address without the right hash is not to be kept."""
        asset = self.files.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        fresh = request.query.get("v") == asset.digest
        response = web.Response(
            body=asset.body,
            content_type=asset.content_type,
            charset="utf-8" if asset.content_type.startswith("text/") else None,
            headers={
                "Cache-Control": FOREVER if fresh else "no-cache",
                "X-Content-Type-Options": "nosniff",
            },
        )
        response.enable_compression()
        return response


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, kind, hashlib.sha256(body).hexdigest()[:12])
