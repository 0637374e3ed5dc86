"""A replica set of one: transactions and change streams exist in replica sets only."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

REPLICA_SET: Final = "lingjuli"
_LOOK_AGAIN_SECONDS: Final = 0.02


async def make_primary(port: int, *, seconds: float) -> str | None:
    """Make the mongod at `port` the primary of its own replica set and wait for it; else what is wrong."""
    problem = "no answer"
    options: dict[str, Any] = {"directConnection": True, "timeoutMS": 2000, "serverSelectionTimeoutMS": 2000}
    try:
        async with asyncio.timeout(seconds), AsyncMongoClient("127.0.0.1", port, **options) as client:
            while True:
                try:
                    if await _is_ready(client, f"127.0.0.1:{port}"):
                        return None
                except PyMongoError as error:
                    problem = str(error)
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    except TimeoutError:
        return problem


async def _is_ready(client: AsyncMongoClient[dict[str, Any]], address: str) -> bool:
    """Whether the server is a primary that calls itself `address`; tells it to be, where it is not."""
    hello = await client.admin.command("hello")
    if hello.get("isWritablePrimary") and hello.get("me") == address:
        return True
    members = [{"_id": 0, "host": address}]
    # Not replSetGetConfig: while a start is still looking for itself under its old address, that denies a
    # configuration which is on disk.
    config = await client.local["system.replset"].find_one()
    if config is None:
        await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    elif config["members"][0]["host"] != address:  # the port of the last time was taken
        changed = {**config, "version": config["version"] + 1, "members": members}
        await client.admin.command("replSetReconfig", changed, force=True)
    return False
