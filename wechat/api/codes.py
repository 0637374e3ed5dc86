"""Codes and short links: QR codes with a scene, mini-program codes, short keys, URL links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from wechat.api_errors import UncertainError
from wechat.client import Client
from wechat.transport import File, Request, Transport, required

LONGEST_SCENE: Final = 64
LONGEST_LIFE_SECONDS: Final = 2_592_000
"""Thirty days (生成带参数的二维码). Permanent codes: 100,000 for an account's whole life."""
LONGEST_MINI_SCENE: Final = 32
LONGEST_SHORT_BYTES: Final = 4096
LONGEST_LINK_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code that follows or scans with a scene."""

    ticket: str
    address: str
    """What the code says, to draw it oneself."""
    lifetime_seconds: int | None
    """None: for ever."""


async def create_qr(client: Client, scene: str, *, lifetime_seconds: int | None) -> QrCode:
    """Make a code for a scene of 1 to 64 characters; without a lifetime it is permanent, and counted."""
    if not 1 <= len(scene) <= LONGEST_SCENE:
        raise ValueError(f"a scene has 1 to {LONGEST_SCENE} characters")
    payload: dict[str, object] = {
        "action_name": "QR_LIMIT_STR_SCENE" if lifetime_seconds is None else "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    if lifetime_seconds is not None:
        if not 1 <= lifetime_seconds <= LONGEST_LIFE_SECONDS:
            raise ValueError("a temporary code lives at most 30 days")
        payload["expire_seconds"] = lifetime_seconds
    answer = await client.post("/cgi-bin/qrcode/create", payload)
    return QrCode(str(required(answer, "ticket")), str(answer.get("url", "")), lifetime_seconds)


def picture_address(client: Client, ticket: str) -> str:
    """Where the platform's picture of a code is; no token is needed (通过 ticket 换取二维码)."""
    return f"{client.picture_base}/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"


async def picture(client: Client, ticket: str) -> File:
    """Fetch the platform's picture of a code (JPEG)."""
    transport = Transport((client.picture_base,))
    try:
        answer = await transport.file(Request("/cgi-bin/showqrcode", {"ticket": ticket}))
    finally:
        await transport.close()
    return _file(answer, "showqrcode")


async def mini_program_code(
    client: Client, scene: str, *, page: str = "", width: int = 430, release: bool = True
) -> File:
    """Make a mini-program code (获取不限制的小程序码): a scene of at most 32 visible characters."""
    if not 1 <= len(scene) <= LONGEST_MINI_SCENE:
        raise ValueError(f"a scene has 1 to {LONGEST_MINI_SCENE} characters")
    payload: dict[str, object] = {"scene": scene, "width": width}
    if page:
        payload["page"] = page
    if not release:
        payload |= {"env_version": "trial", "check_path": False}
    return _file(await client.download("/wxa/getwxacodeunlimit", payload=payload), "getwxacodeunlimit")


async def shorten(client: Client, text: str, *, lifetime_seconds: int = LONGEST_LIFE_SECONDS) -> str:
    """Keep up to 4 KB with the platform under a short key (短key托管), at most 30 days."""
    if len(text.encode()) > LONGEST_SHORT_BYTES:
        raise ValueError("at most 4096 bytes can be shortened")
    answer = await client.post(
        "/cgi-bin/shorten/gen", {"long_data": text, "expire_seconds": lifetime_seconds}
    )
    return str(required(answer, "short_key"))


async def lengthen(client: Client, key: str) -> str:
    """Read what is kept under a short key."""
    answer = await client.post("/cgi-bin/shorten/fetch", {"short_key": key})
    return str(required(answer, "long_data"))


async def link_into_mini_program(client: Client, page: str, query: str = "", *, days: int = 30) -> str:
    """Make an https address that opens a page of the mini-program (获取 URL Link), for at most 30 days."""
    if not 1 <= days <= LONGEST_LINK_DAYS:
        raise ValueError("a link lives 1 to 30 days")
    payload = {"path": page, "query": query, "expire_type": 1, "expire_interval": days}
    answer = await client.post("/wxa/generate_urllink", payload)
    return str(required(answer, "url_link"))


def _file(answer: File | dict[str, object], call: str) -> File:
    if not isinstance(answer, File):
        raise UncertainError(f"{call}: the platform answered with no picture")
    return answer
