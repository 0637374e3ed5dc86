"""Running the program: one process, or several under a parent that keeps them alive."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click
import structlog
from aiohttp import web

from bot import app as composition
from bot import seeding, staffing
from bot.loops import Loop, Supervisor
from bot.telemetry import Metrics
from bot.workers import Berth, Crew
from settings import Settings
from storage.embedded import EmbeddedServer, embedded_mongod
from storage.stores import Stores, open_stores

SHUTDOWN_SECONDS: Final = 8.0
BACKLOG: Final = 1024
"""Connections that may wait to be accepted while workers are busy or being replaced."""
ACCEPTED_AT_ONCE: Final = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is, and what keeps the embedded one alive."""

    uri: str
    embedded: EmbeddedServer | None = None

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loop that starts an embedded server again when it has died; none for a configured database."""
        server = self.embedded
        if server is None:
            return ()

        async def look_after(_: datetime) -> float:
            return await server.look_after()

        return (Loop("mongod", look_after),)


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Give the configured database, or start an embedded server."""
    if uri := settings.mongodb_uri.get_secret_value():
        yield Database(uri)
        return
    async with embedded_mongod(settings.data_dir) as server:
        yield Database(server.uri, server)


@asynccontextmanager
async def opened_at(uri: str, settings: Settings) -> AsyncIterator[Stores]:
    """Open the stores at an address; a new development database gets the sample hall."""
    async with open_stores(
        uri,
        settings.mongodb_database,
        driver=settings.mongodb_driver,
        keep_turns_days=settings.keep_turns_days,
    ) as stores:
        if not settings.production:
            await seeding.seed(stores.knowledge)
        yield stores


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Stores]:
    """Open the stores of the configured or embedded database."""
    async with database(settings) as found, opened_at(found.uri, settings) as stores:
        yield stores


def on_signals(stop: asyncio.Event) -> None:
    """Let Ctrl-C and SIGTERM end the program in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


async def serve(settings: Settings, *, berth: Berth | None = None, stop: asyncio.Event | None = None) -> None:
    """Serve until a signal comes; with a berth as one of several workers."""
    stop = stop or asyncio.Event()
    on_signals(stop)
    async with database(settings) as found, opened_at(found.uri, settings) as stores:
        address = ""
        parts = composition.build(settings, stores, webhook_base=lambda: address, more_loops=found.loops)
        runner = web.AppRunner(parts.app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            if berth is None:
                await web.TCPSite(runner, settings.host, settings.port).start()
            else:
                await _join(runner, berth)
            address = _local_address(settings, runner.addresses[0][1])
            gc.freeze()  # words and knowledge stay for long: the collector need not go through them each time
            if berth is None:
                click.echo(banner(settings, address, await _first_admin(settings, stores)))
                await stop.wait()
            else:
                berth.say_ready()
                await berth.serve_until(stop)
        finally:
            await runner.cleanup()


async def _join(runner: web.AppRunner, berth: Berth) -> None:
    """Accept on the socket of the parent, a few connections at a time: the other workers want some, too."""
    shared = socket.socket(fileno=berth.socket)
    await web.SockSite(runner, shared, backlog=ACCEPTED_AT_ONCE).start()
    shared.listen(BACKLOG)  # to start on it has made the queue as short as that


def _local_address(settings: Settings, port: int) -> str:
    local = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared only
    return f"http://{local}:{port}"


async def supervise(settings: Settings, workers: int) -> None:
    """Run several processes on one socket and one database: see `bot.workers`."""
    stop = asyncio.Event()
    on_signals(stop)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    async with database(settings) as found:
        async with opened_at(found.uri, settings) as stores:
            # indexes, sample hall and first account are there before the first worker starts
            password = await _first_admin(settings, stores)
        with socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG) as shared:
            port = shared.getsockname()[1]
            command = ("-m", "bot", "serve", "--host", settings.host, "--port", str(port))
            crew = Crew(command, {**os.environ, "BOT_MONGODB_URI": found.uri}, shared, stop)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, crew.renew)
            click.echo(banner(settings, _local_address(settings, port), password))
            keeper = Supervisor(found.loops, clock=composition.utc_now, metrics=Metrics())
            keeper.start()
            try:
                await crew.run(workers)
            finally:
                await keeper.stop()


async def _first_admin(settings: Settings, stores: Stores) -> str | None:
    configured = settings.admin_password.get_secret_value()
    return await staffing.first_admin(stores.staff, configured, composition.utc_now())


def banner(settings: Settings, address: str, admin_password: str | None = None) -> str:
    """Say where everything is and how to connect a real account; a new administrator's password once."""
    known = composition.accounts(settings)
    names = {"official": "webhook, official account", "mini": "webhook, mini-program"}
    rows = [
        (names[channel], f"{address}{composition.WEBHOOKS[channel]}  ({account.mode} mode)")
        for channel, account in known.items()
    ]
    if not settings.production:
        rows.append(("simulator", f"{address}/simulator"))
    rows.append(("guides for citizens", f"{address}/guides"))
    rows.append(("console for the staff", f"{address}/console"))
    if admin_password is not None:
        shown = "as in BOT_ADMIN_PASSWORD" if settings.admin_password.get_secret_value() else admin_password
        rows.append(("", f"sign in as admin, password {shown} (shown once)"))
    lines = ["", f"  零距离 is running on {address}", "", *(f"  {name:<26}{where}" for name, where in rows)]
    if not settings.production and not settings.wechat_token.get_secret_value():
        lines += [
            "",
            "  No account is connected: token and key were made up for this machine and are kept.",
            f"  {'token':<26}{known['official'].token}",
            "  To connect a real account: put BOT_WECHAT_TOKEN, BOT_WECHAT_APP_ID, BOT_WECHAT_APP_SECRET and",
            "  BOT_WECHAT_AES_KEY into .env, make this port reachable as https, and enter",
            "  https://YOUR-HOST/wechat/official as the server address (README, “Connect a real account”).",
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])
