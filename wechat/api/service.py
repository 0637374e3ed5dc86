"""The platform's own customer service: its workers and their sessions (客服管理, 会话控制)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wechat.client import Client


@dataclass(frozen=True, slots=True)
class Worker:
    """One customer-service account, `prefix@account`."""

    account: str
    name: str = ""
    online: bool = False
    sessions: int = 0
    """How many citizens they talk to now."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A citizen in the platform's queue."""

    openid: str
    since: datetime


async def workers(client: Client) -> tuple[Worker, ...]:
    """List all workers (at most 100)."""
    answer = await client.get("/cgi-bin/customservice/getkflist")
    return tuple(
        Worker(str(each["kf_account"]), str(each.get("kf_nick", ""))) for each in answer.get("kf_list", [])
    )


async def online_workers(client: Client) -> tuple[Worker, ...]:
    """List the workers who are there now, and how busy they are."""
    answer = await client.get("/cgi-bin/customservice/getonlinekflist")
    return tuple(
        Worker(str(each["kf_account"]), online=True, sessions=int(each.get("accepted_case", 0)))
        for each in answer.get("kf_online_list", [])
    )


async def add_worker(client: Client, account: str, name: str) -> None:
    """Make a worker; they must be invited before they can work. There is no password any more."""
    await client.post("/customservice/kfaccount/add", {"kf_account": account, "nickname": name})


async def rename_worker(client: Client, account: str, name: str) -> None:
    """Change the name that citizens see."""
    await client.post("/customservice/kfaccount/update", {"kf_account": account, "nickname": name})


async def invite_worker(client: Client, account: str, wechat_id: str) -> None:
    """Ask a person by their WeChat id to be this worker."""
    await client.post(
        "/customservice/kfaccount/inviteworker", {"kf_account": account, "invite_wx": wechat_id}
    )


async def delete_worker(client: Client, account: str) -> None:
    """Delete a worker."""
    await client.post("/customservice/kfaccount/del", {"kf_account": account})


async def open_session(client: Client, account: str, openid: str) -> None:
    """Give a citizen to a worker, who must be online (65415)."""
    await client.post("/customservice/kfsession/create", {"kf_account": account, "openid": openid})


async def close_session(client: Client, account: str, openid: str) -> None:
    """End a worker's session with a citizen."""
    await client.post("/customservice/kfsession/close", {"kf_account": account, "openid": openid})


async def session_of(client: Client, openid: str) -> str:
    """Name the worker who talks to a citizen; empty when nobody does."""
    answer = await client.get("/customservice/kfsession/getsession", {"openid": openid})
    return str(answer.get("kf_account", ""))


async def waiting(client: Client) -> tuple[Waiting, ...]:
    """List the citizens in the queue, at most 100; the platform gives no more."""
    answer = await client.get("/customservice/kfsession/getwaitcase")
    return tuple(_waiting(each) for each in answer.get("waitcaselist", []))


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(str(row["openid"]), datetime.fromtimestamp(int(row["latest_time"]), tz=UTC))
