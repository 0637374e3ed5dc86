"""A replica set of three on loopback, whose primary can step down or be killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from storage.embedded import find_mongod
from storage.processes import find_server, free_port, stop_server

NAME: Final = "soak"
READY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Node:
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            str(find_mongod()),
            *("--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--replSet", NAME, "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--fork", "--logpath", str(self.folder.with_suffix(".log")), "--logappend", "--quiet"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(output.decode(errors="replace")[-500:])


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    nodes: tuple[Node, ...]

    @property
    def uri(self) -> str:
        return f"mongodb://{','.join(node.address for node in self.nodes)}/?replicaSet={NAME}"

    async def primary(self) -> Node:
        """Wait until there is a primary."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                for node in self.nodes:
                    with suppress(PyMongoError):
                        if (await _command(node, "hello")).get("isWritablePrimary"):
                            return node
                await asyncio.sleep(0.1)

    async def step_down(self) -> None:
        """Let another node become primary. A node that has nobody to hand over to is asked again."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                try:
                    await _command(await self.primary(), "replSetStepDown", 20, secondaryCatchUpPeriodSecs=5)
                except AutoReconnect:  # it closes its connections as it steps down
                    return
                except OperationFailure:
                    await asyncio.sleep(0.2)
                else:
                    return

    async def kill_primary(self, *, away_seconds: float) -> None:
        """SIGKILL to the primary's process, and start it again after a while."""
        node = await self.primary()
        running = find_server(node.folder)
        if running is None:
            raise RuntimeError("the primary has no process")
        os.kill(running.pid, signal.SIGKILL)
        await asyncio.sleep(away_seconds)
        await node.start()


async def _command(node: Node, name: str, value: Any = 1, **options: Any) -> dict[str, Any]:
    quick: dict[str, Any] = {"directConnection": True, "timeoutMS": 20_000, "serverSelectionTimeoutMS": 1000}
    async with AsyncMongoClient("127.0.0.1", node.port, **quick) as client:
        answer: dict[str, Any] = await client.admin.command(name, value, **options)
        return answer


@asynccontextmanager
async def three_nodes(folder: Path, *, election_seconds: float = 10.0) -> AsyncIterator[ReplicaSet]:
    """Start three nodes and make them one set; `election_seconds` without a primary call an election."""
    nodes: list[Node] = []
    for number in range(3):
        port = free_port(0)
        if port is None:
            raise RuntimeError("no free port on loopback")
        nodes.append(Node((folder / f"node{number}").resolve(), port))
    replicas = ReplicaSet(tuple(nodes))
    try:
        await asyncio.gather(*(node.start() for node in nodes))
        members = [{"_id": number, "host": node.address} for number, node in enumerate(nodes)]
        settings = {"electionTimeoutMillis": int(election_seconds * 1000)}
        await _command(nodes[0], "replSetInitiate", {"_id": NAME, "members": members, "settings": settings})
        await replicas.primary()
        yield replicas
    finally:
        await asyncio.gather(*(stop_server(node.folder) for node in nodes))
