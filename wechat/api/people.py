"""Followers and their tags (获取用户基本信息, 用户标签管理)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from wechat.client import Client
from wechat.transport import required

LARGEST_BATCH: Final = 100
LARGEST_TAGGING: Final = 50
LONGEST_TAG: Final = 30


@dataclass(frozen=True, slots=True)
class Person:
    """What the platform still tells of a person: no name and no picture since 2021-12-27."""

    openid: str
    follows: bool
    union_id: str = ""
    """Only where the account is bound to an open-platform account."""
    since: datetime | None = None
    came_by: str = ""
    scene: str = ""
    """The scene of the code they came by."""
    tags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """A label for followers: at most 100 an account and 20 a person."""

    id: int
    name: str
    count: int = 0


async def person(client: Client, openid: str) -> Person:
    """Ask about one person."""
    return _person(await client.get("/cgi-bin/user/info", {"openid": openid, "lang": "zh_CN"}))


async def persons(client: Client, openids: Sequence[str]) -> tuple[Person, ...]:
    """Ask about up to 100 people in one call."""
    if not 1 <= len(openids) <= LARGEST_BATCH:
        raise ValueError(f"1 to {LARGEST_BATCH} people at a time")
    payload = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
    answer = await client.post("/cgi-bin/user/info/batchget", payload)
    return tuple(_person(each) for each in answer.get("user_info_list", []))


async def followers(client: Client, after: str = "") -> tuple[tuple[str, ...], str]:
    """List up to 10,000 followers after an openid; the second value is where to go on, empty at the end."""
    answer = await client.get("/cgi-bin/user/get", {"next_openid": after} if after else {})
    found = tuple(str(each) for each in answer.get("data", {}).get("openid", []))
    return found, str(answer.get("next_openid", "")) if found else ""


async def tags(client: Client) -> tuple[Tag, ...]:
    """List the account's tags."""
    answer = await client.get("/cgi-bin/tags/get")
    return tuple(
        Tag(int(each["id"]), str(each["name"]), int(each.get("count", 0))) for each in answer.get("tags", [])
    )


async def create_tag(client: Client, name: str) -> Tag:
    """Make a tag with a name of at most 30 characters."""
    if not 1 <= len(name) <= LONGEST_TAG:
        raise ValueError(f"a tag's name has 1 to {LONGEST_TAG} characters")
    made = required(await client.post("/cgi-bin/tags/create", {"tag": {"name": name}}), "tag")
    return Tag(int(made["id"]), str(made["name"]))


async def delete_tag(client: Client, tag_id: int) -> None:
    """Delete a tag."""
    await client.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})


async def tag_people(client: Client, tag_id: int, openids: Sequence[str]) -> None:
    """Give a tag to up to 50 people; nobody may have more than 20 (45171)."""
    await client.post("/cgi-bin/tags/members/batchtagging", _members(tag_id, openids))


async def untag_people(client: Client, tag_id: int, openids: Sequence[str]) -> None:
    """Take a tag from up to 50 people."""
    await client.post("/cgi-bin/tags/members/batchuntagging", _members(tag_id, openids))


async def tags_of(client: Client, openid: str) -> tuple[int, ...]:
    """List a person's tags."""
    answer = await client.post("/cgi-bin/tags/getidlist", {"openid": openid})
    return tuple(int(each) for each in answer.get("tagid_list", []))


def _members(tag_id: int, openids: Sequence[str]) -> dict[str, Any]:
    if not 1 <= len(openids) <= LARGEST_TAGGING:
        raise ValueError(f"1 to {LARGEST_TAGGING} people at a time")
    return {"tagid": tag_id, "openid_list": list(openids)}


def _person(row: Mapping[str, Any]) -> Person:
    if not row.get("subscribe"):
        return Person(str(row["openid"]), follows=False, union_id=str(row.get("unionid", "")))
    since = row.get("subscribe_time")
    return Person(
        openid=str(row["openid"]),
        follows=True,
        union_id=str(row.get("unionid", "")),
        since=datetime.fromtimestamp(int(since), tz=UTC) if since else None,
        came_by=str(row.get("subscribe_scene", "")),
        scene=str(row.get("qr_scene_str") or row.get("qr_scene") or ""),
        tags=tuple(int(each) for each in row.get("tagid_list", [])),
    )
