"""What pages and programs' answers both ask of a request."""

from __future__ import annotations

from typing import Final

from aiohttp import web

OUR_PROXY: Final = frozenset({"127.0.0.1", "::1"})
_LONGEST: Final = 64


def client_address(request: web.Request) -> str:
    """The address of whoever asks. A proxy on this machine is believed what it says in X-Real-IP."""
    remote = request.remote or ""
    return request.headers.get("X-Real-IP", remote)[:_LONGEST] if remote in OUR_PROXY else remote
