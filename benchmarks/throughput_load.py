"""Putting load on a server with `wrk`, and what it cost in CPU time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("throughput.lua")
FULL_CONNECTIONS: Final = 64
HALF_CONNECTIONS: Final = 128
MISSING: Final = "wrk is not installed (Debian: apt-get install wrk), so throughput is not measured."


@dataclass(frozen=True, slots=True)
class Load:
    """One run of `wrk` against one server."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    """Answers that were not 2xx."""
    failed: int
    """Connections that broke, and time-outs."""
    server_ms: float
    """CPU time of the server's processes for each message."""
    database_ms: float
    server_busy: float
    """Cores the server kept busy; 1.0 is one whole core."""


def available() -> bool:
    """Whether `wrk` is there."""
    return shutil.which("wrk") is not None


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found, new = set[int](), {pid}
    while new:
        found |= new
        new = {child for each in new for child in _children(each)} - found
    return found


def _children(pid: int) -> Iterable[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]
    except OSError:
        return []


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes so far, all threads."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def put_load(
    port: int,
    requests: Path,
    *,
    server: int,
    database: int,
    seconds: float,
    again: bool = False,
    at_rate: float = 0.0,
) -> Load:
    """Run `wrk` for some seconds: as fast as answers come, or at about `at_rate` messages a second."""
    connections = HALF_CONNECTIONS if at_rate else FULL_CONNECTIONS
    pause_ms = connections / at_rate * 1000 if at_rate else 0.0
    servers, databases = family(server), family(database)
    before = cpu_seconds(servers), cpu_seconds(databases)
    process = await asyncio.create_subprocess_exec(
        *("wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds:g}s", "--timeout", "10s"),
        *("-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--"),
        *(str(requests), "again" if again else "once", f"{pause_ms:g}"),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    used = cpu_seconds(servers) - before[0], cpu_seconds(databases) - before[1]
    figures = json.loads(said.decode().partition("FIGURES ")[2] or "{}")
    if process.returncode or not figures.get("requests"):
        raise RuntimeError(f"wrk did not measure anything: {said.decode().strip()}")
    count, lasted = figures["requests"], figures["seconds"]
    return Load(
        requests=count,
        per_second=count / lasted,
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        refused=figures["refused"],
        failed=figures["failed"],
        server_ms=used[0] / count * 1000,
        database_ms=used[1] / count * 1000,
        server_busy=used[0] / lasted,
    )
