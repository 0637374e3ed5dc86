"""`python -m tests.platform`: a platform to try the whole program against, without an account.

It runs the API on a port of loopback and pushes what is typed, signed and sealed, to the running program.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import click

from tests.platform.accounts import FakeAccount, Mode
from tests.platform.api_server import PlatformApi, platform_api
from tests.platform.pusher import Address, FakeWeChat

HELP: Final = """\
  anything          is said by the citizen
  /follow [CODE]    follows, maybe by a scene code      /leave         unfollows
  /click KEY        taps a menu button                  /scan CODE     scans a scene code
  /as NAME          goes on as another citizen          /hours N       tokens and windows age by N hours
  /error CODE [N]   the next N sends are refused        /cut  /slow    the next answer is lost, or late
  /killtoken        all access tokens become invalid    /results       pushes results of notices
  /show             calls, tokens, windows              /help  /quit
"""
DEEDS: Final = {"/click": "click", "/scan": "scan", "/follow": "subscribe"}


@dataclass(slots=True)
class Later:
    """The real time and an offset: what ages tokens and windows must not age signatures."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass(slots=True)
class Desk:
    """What a line typed by the developer does."""

    api: PlatformApi
    wechat: FakeWeChat
    clock: Later
    user: str = "oDeveloper"

    async def do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        plain: dict[str, Callable[[], None]] = {
            "/as": lambda: self._become(rest),
            "/hours": lambda: self._age(float(rest or 1)),
            "/error": lambda: self._refuse(rest),
            "/cut": lambda: self.api.faults.plan("cut_after", path="/message/"),
            "/slow": lambda: self.api.faults.plan("slow", path="/message/"),
            "/killtoken": self.api.tokens.kill_all,
            "/show": self._show,
            "/help": lambda: click.echo(HELP),
        }
        if word in plain:
            plain[word]()
        elif word == "/results":
            click.echo(f"  {await self.api.push_results(*self.wechat.addresses)} pushed")
        elif word in DEEDS or word == "/leave":
            await self._event(word, rest)
        elif line.startswith("/"):
            click.echo(HELP)
        elif line:
            self.api.deed(self.user, "message")
            await self._push(self.wechat.text(self.user, line))

    async def _event(self, word: str, key: str) -> None:
        if word == "/leave":
            self.api.world.not_following.add(self.user)
            await self._push(self.wechat.event(self.user, "unsubscribe", ""))
            return
        self.api.deed(self.user, DEEDS[word])
        if word == "/follow":
            self.api.world.not_following.discard(self.user)
            await self._push(self.wechat.event(self.user, "subscribe", f"qrscene_{key}" if key else ""))
        else:
            await self._push(self.wechat.event(self.user, DEEDS[word].upper(), key))

    async def _push(self, fields: dict[str, Any]) -> None:
        for number, delivery in enumerate(await self.wechat.push(fields), start=1):
            if delivery.answer is None:
                click.echo(f"  delivery {number}: {delivery.outcome} {delivery.problem}")
            elif delivery.answer.silent:
                click.echo("  (success)")
            else:
                click.echo(f"  {delivery.answer.text or delivery.answer}")

    def _become(self, name: str) -> None:
        self.user = f"o{name or 'Developer'}"

    def _age(self, hours: float) -> None:
        self.clock.offset += timedelta(hours=hours)

    def _refuse(self, rest: str) -> None:
        code, _, times = rest.partition(" ")
        self.api.faults.plan("error", code=int(code or -1), path="/message/", times=int(times or 1))

    def _show(self) -> None:
        click.echo(f"  platform time {self.clock():%Y-%m-%d %H:%M:%S} UTC")
        click.echo(f"  calls {len(self.api.calls)}, the last: {', '.join(self.api.calls[-5:])}")
        for (_, user), purses in self.api.world.windows.purses.items():
            for what, purse in purses.items():
                click.echo(f"  {user} {what}: {purse.left} left until {purse.ends_at:%m-%d %H:%M:%S}")
        for broken in self.api.world.broken:
            click.echo(f"  broken rule: {broken}")


async def _print_arrivals(api: PlatformApi) -> None:
    """Show what the program sends by itself."""
    seen = 0
    while True:
        async with api.arrived:
            await api.arrived.wait_for(lambda: len(api.world.sent) > seen)  # noqa: B023 - awaited at once
        for user, payload in api.world.sent[seen:]:
            click.echo(f"  → {user}: {payload.get('text', {}).get('content') or payload}")
        seen = len(api.world.sent)


async def _read_lines(do: Callable[[str], Awaitable[None]]) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "/quit":
            return
        try:
            await do(line.strip())
        except (OSError, ValueError, AssertionError) as error:
            click.echo(f"  {error}")


async def run(account: FakeAccount, program: str, port: int) -> None:
    """Run until the input ends."""
    target = urlsplit(program)
    address = Address(target.hostname or "127.0.0.1", target.port or 8080)
    clock = Later()
    async with platform_api(account, clock=clock, port=port) as api:
        click.echo(f"The platform's API is on {api.url}. Start the program at {program} with:\n")
        for name, value in (
            ("TOKEN", account.token),
            ("APP_ID", account.app_id),
            ("APP_SECRET", account.app_secret),
            ("AES_KEY", account.aes_key),
            ("MODE", account.mode),
            ("API_BASE", api.url),
        ):
            click.echo(f"  BOT_WECHAT_{name}={value}")
        click.echo(f"\nThen type here:\n{HELP}")
        wechat = FakeWeChat(account, [address], lambda: datetime.now(UTC), seed=int(clock().timestamp()))
        printing = asyncio.create_task(_print_arrivals(api), name="print arrivals")
        try:
            await _read_lines(Desk(api, wechat, clock).do)
        finally:
            printing.cancel()


@click.command()
@click.option("--program", default="http://127.0.0.1:8080", show_default=True, help="Where the program runs.")
@click.option("--port", default=8090, show_default=True, help="Port of the platform's API.")
@click.option("--mode", type=click.Choice(["plain", "compatible", "safe"]), default="safe", show_default=True)
def main(program: str, port: int, mode: Mode) -> None:
    """Play WeChat for a program on this machine."""
    asyncio.run(run(FakeAccount(mode=mode), program, port))


if __name__ == "__main__":
    main()
