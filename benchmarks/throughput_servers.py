"""The servers that are measured, each started as a process of its own on one core."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks import throughput_requests as made

SERVER_CORES: Final = "0"
START_SECONDS: Final = 60.0
DATABASE: Final = "throughput"


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def ours(
    uri: str, data_dir: Path, *, mode: str, driver: str, workers: int = 1, cores: str = SERVER_CORES
) -> AsyncIterator[tuple[int, int]]:
    """Our whole program; gives port and process id."""
    settings = {
        "MONGODB_URI": uri,
        "MONGODB_DATABASE": DATABASE,
        "MONGODB_DRIVER": driver,
        "DATA_DIR": str(data_dir),
        "WECHAT_TOKEN": made.TOKEN,
        "WECHAT_APP_ID": made.APP_ID,
        "WECHAT_AES_KEY": made.AES_KEY,
        "WECHAT_MODE": mode,
        "FLOOD_LIMIT": "0",
        "LOG_FORMAT": "json",
    }
    port = a_free_port()
    command = ("-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers))
    environment = {f"BOT_{name}": value for name, value in settings.items()}
    async with _running((sys.executable, *command), port, environment, cores, "/readyz") as pid:
        yield port, pid


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[int, int]]:
    """The bare aiohttp handler."""
    port = a_free_port()
    command = (sys.executable, "-m", "benchmarks.throughput_peers", str(port))
    async with _running(command, port, {}, SERVER_CORES) as pid:
        yield port, pid


@asynccontextmanager
async def gunicorn(app: str, uri: str) -> AsyncIterator[tuple[int, int]]:
    """One of the peers under gunicorn, one worker."""
    port = a_free_port()
    command = (sys.executable, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}")
    target = f"benchmarks.throughput_peers:{app}()"
    quiet = ("--log-level", "warning")
    async with _running((*command, *quiet, target), port, {"THROUGHPUT_MONGODB": uri}, SERVER_CORES) as pid:
        yield port, pid


@asynccontextmanager
async def _running(
    command: Sequence[str], port: int, environment: dict[str, str], cores: str, ready_path: str = "/"
) -> AsyncIterator[int]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    process = await asyncio.create_subprocess_exec(
        *("taskset", "-c", cores, *command),
        env={**inherited, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _answers(port, ready_path):
                if process.returncode is not None:
                    raise RuntimeError(f"{' '.join(command)} ended at once ({process.returncode})")
                await asyncio.sleep(0.2)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(port: int, path: str) -> bool:
    """Whether the server answers there with anything but 503, which means “not ready”."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status = await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
    return bool(status) and b" 503 " not in status
