"""Starts the real program: in this process on a free port, or as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from bot.app import Parts, build, utc_now
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.guides import Guide
from knowledge.hall import Category, Department, Hall
from settings import Settings, load_settings
from storage.stores import Stores, open_stores
from tests.platform.accounts import FakeAccount
from tests.platform.pusher import Address

ROOT: Final = Path(__file__).resolve().parent.parent
NO_ENV_FILE: Final = Path("/nonexistent/.env")
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0
LISTENING: Final = re.compile(rb"running on http://127\.0\.0\.1:([0-9]+)")

SMALL_HALL: Final = Knowledge(
    hall=Hall(
        name="测试县政务服务中心",
        address="测试路 1 号",
        phone="0100-12345",
        hours="周一至周五 9:00—17:00",
        departments=(
            Department("hrss", "测试县人社局", window="3 号窗口"),
            Department("mca", "测试县民政局"),
        ),
        categories=(Category("social", "社会保障"), Category("life", "婚姻家庭")),
        sample=True,
    ),
    entries=(
        Entry(
            "card-lost",
            "社保卡丢了怎么补办",
            "请带身份证到 3 号窗口补办社保卡，当场领取。",
            "hrss",
            "social",
            alternates=("社保卡丢了怎么补", "社保卡遗失补办", "医保社保卡不见了咋办", "重新补一张社保卡"),
            guide="card",
            state="published",
        ),
        Entry(
            "marriage",
            "结婚登记要带什么",
            "双方带身份证到民政局窗口办理结婚登记。",
            "mca",
            "life",
            alternates=("结婚登记怎么办", "领结婚证要带什么材料", "我们要结婚去哪里登记"),
            state="published",
        ),
        Entry(
            "pension",
            "养老金每月几号发放",
            "养老金每月 15 日前发放。",
            "hrss",
            "social",
            alternates=("养老金什么时候到账", "退休工资几号发"),
            state="published",
        ),
    ),
    guides=(Guide("card", "社保卡补办", "hrss", "social", "带身份证到窗口补办。", steps=("到窗口",)),),
)
"""Small enough to load in no time, and three questions that it knows for sure."""
KNOWN_QUESTION, KNOWN_ANSWER = "社保卡丢了怎么补办", "请带身份证到 3 号窗口补办社保卡"
UNKNOWN_QUESTION: Final = "宇宙飞船驾照"


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is told to move."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


def a_clock() -> Clock:
    """A clock that starts at the present second: the database's own expiry looks at the real time."""
    return Clock(datetime.now(UTC).replace(microsecond=0))


def account_settings(*accounts: FakeAccount, api_url: str = "") -> dict[str, Any]:
    """Settings of the program that match what the fake platform was told."""
    values: dict[str, Any] = {}
    for account in accounts:
        prefix = "wechat" if account.channel == "official" else "mini"
        values |= {
            f"{prefix}_token": account.token,
            f"{prefix}_app_id": account.app_id,
            f"{prefix}_aes_key": account.aes_key,
            f"{prefix}_mode": account.mode,
        }
        if api_url:
            values |= {f"{prefix}_app_secret": account.app_secret, f"{prefix}_api_base": api_url}
    return values


def make_settings(data_dir: Path, **values: Any) -> Settings:
    """Settings for a program in this process; flood limit off unless the test is about it."""
    defaults = {"data_dir": data_dir, "flood_limit": 0, "public_url": "https://hall.example"}
    return load_settings({**defaults, **values}, env_file=NO_ENV_FILE)


@dataclass(frozen=True, slots=True)
class Here:
    """A program that runs in this process."""

    address: Address
    parts: Parts
    stores: Stores

    @property
    def url(self) -> str:
        return f"http://{self.address.host}:{self.address.port}"

    async def count(self, collection: str, **query: Any) -> int:
        return await self.stores.mongo.collection(collection).count_documents(query)


@asynccontextmanager
async def running_here(
    settings: Settings,
    uri: str,
    database: str,
    *,
    clock: Callable[[], datetime] = utc_now,
    knowledge: Knowledge | None = SMALL_HALL,
) -> AsyncIterator[Here]:
    """Run the program in this process, with all its loops, on a free port. `knowledge` None: as stored."""
    async with open_stores(uri, database, driver=settings.mongodb_driver) as stores:
        if knowledge is not None:
            await stores.knowledge.replace(knowledge)
        url = ""
        parts = build(settings, stores, clock=clock, webhook_base=lambda: url)
        runner = web.AppRunner(parts.app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            here = Here(Address("127.0.0.1", int(runner.addresses[0][1])), parts, stores)
            url = here.url
            yield here
        finally:
            await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Apart:
    """A program that runs as a process of its own."""

    address: Address
    process: asyncio.subprocess.Process
    log_path: Path

    @property
    def log(self) -> str:
        return _read_log(self.log_path)

    def kill(self) -> None:
        """End it as the kernel does when memory runs out: no goodbye."""
        self.process.kill()


@asynccontextmanager
async def running_apart(
    uri: str,
    database: str,
    data_dir: Path,
    environment: Mapping[str, object],
    *,
    workers: int = 1,
    start_seconds: float = START_SECONDS,
    stop_seconds: float = STOP_SECONDS,
) -> AsyncIterator[Apart]:
    """Run `python -m bot serve` on a free port. The database should hold a hall already.

    `environment` has settings by their names without `BOT_`, as `account_settings` makes them.
    """
    port = 0 if workers == 1 else a_free_port()  # workers share one port, so it must be named
    log_path = _make_log(data_dir)
    with log_path.open("wb") as log_file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
            cwd=data_dir,  # no .env there
            env=_environment(uri, database, data_dir, environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log_file,
        )
    reading: asyncio.Task[None] | None = None
    try:
        port = await _listening_port(process, log_path, start_seconds)
        reading = asyncio.create_task(_read_on(process), name="read the program's output")
        yield Apart(Address("127.0.0.1", port), process, log_path)
    finally:
        await _end(process, stop_seconds)
        if reading is not None:
            await reading


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_log(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    return data_dir / "log.txt"


def _read_log(log_path: Path) -> str:
    return log_path.read_text(encoding="utf-8", errors="replace")


def _environment(uri: str, database: str, data_dir: Path, changes: Mapping[str, object]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith("BOT_")}
    values = {
        "mongodb_uri": uri,
        "mongodb_database": database,
        "data_dir": data_dir,
        "flood_limit": 0,
        "public_url": "https://hall.example",
        "log_format": "json",
        **changes,
    }
    ours = {f"BOT_{name.upper()}": str(value) for name, value in values.items()}
    return {**inherited, "PYTHONPATH": str(ROOT), **ours}


async def _listening_port(process: asyncio.subprocess.Process, log_path: Path, start_seconds: float) -> int:
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(start_seconds):
            while line := await process.stdout.readline():
                if found := LISTENING.search(line):
                    return int(found.group(1))
        async with asyncio.timeout(1.0):
            await process.wait()  # its output has ended: so has the program
    said = _read_log(log_path)[-2000:]
    raise AssertionError(f"the program did not start (exit code {process.returncode}):\n{said}")


async def _read_on(process: asyncio.subprocess.Process) -> None:
    """Keep the pipe empty, so that the program never waits for its reader."""
    assert process.stdout is not None
    while await process.stdout.read(4096):
        pass


async def _end(process: asyncio.subprocess.Process, stop_seconds: float) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    try:
        async with asyncio.timeout(stop_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"the program did not stop within {stop_seconds:g} s of SIGTERM") from None
