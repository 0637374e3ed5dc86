"""The account itself: where its pushes come from, and its quotas."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from wechat.client import Client
from wechat.transport import required


@dataclass(frozen=True, slots=True)
class Quota:
    """One call's quota of today."""

    limit: int
    used: int
    left: int


async def callback_addresses(client: Client) -> tuple[IPv4Network | IPv6Network, ...]:
    """List where pushes come from (获取微信推送服务器 IP); the platform advises to ask once a day."""
    answer = await client.get("/cgi-bin/getcallbackip")
    return tuple(ip_network(str(each), strict=False) for each in answer.get("ip_list", []))


async def quota(client: Client, path: str) -> Quota:
    """Ask for today's quota of a call, such as `/cgi-bin/message/custom/send` (查询 API 调用额度)."""
    found = required(await client.post("/cgi-bin/openapi/quota/get", {"cgi_path": path}), "quota")
    return Quota(int(found["daily_limit"]), int(found["used"]), int(found["remain"]))


async def clear_quota(client: Client) -> None:
    """Set all of today's counts back to zero (重置 API 调用次数): ten times a month, shared by all ways."""
    await client.post("/cgi-bin/clear_quota", {"appid": client.app_id})


async def clear_quota_with_secret(client: Client) -> None:
    """Do the same without a token, for when the token's own quota is what is used up."""
    await client.post_with_secret("/cgi-bin/clear_quota/v2")
