"""The command line as an operator calls it, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from storage.embedded import EmbeddedServer
from storage.stores import Stores


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    error: str


Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def command(
    mongo_server: EmbeddedServer,
    database_name: str,
    stores: Stores,  # noqa: ARG001 - emptied first
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    monkeypatch.chdir(tmp_path)  # no .env there
    values = {
        "env": "production",
        "public_url": "https://hall.example",
        "wechat_token": "CliToken",
        "wechat_app_id": "wx0123456789abcdef",
        "wechat_aes_key": "abcdefg" * 6 + "A",
        "wechat_mode": "safe",
        "mongodb_uri": mongo_server.uri,
        "mongodb_database": database_name,
        "data_dir": tmp_path,
    }
    environment = {f"BOT_{name.upper()}": str(value) for name, value in values.items()}

    async def call(*words: str) -> Result:
        """In a thread, because a command runs an event loop of its own."""
        done = await asyncio.to_thread(CliRunner().invoke, main, words, env=environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    return call
