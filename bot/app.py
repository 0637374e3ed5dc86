"""The composition root: everything is made and joined here, nothing at import time."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web
from pydantic import SecretStr

import pages.citizen
import pages.simulator
from api.app import api_app
from api.sessions import USER_PREFIX
from api.table import ROOT as API_ROOT
from api.table import ApiDeps
from bot.dialogue import BEIJING, Dialogue
from bot.guard import add_headers
from bot.health import Health
from bot.loops import Loop, Supervisor
from bot.recovery import Recovery
from bot.secrets import made_up, session_key
from bot.settling import Settling
from bot.telemetry import Metrics, quiet_broken_requests
from bot.turns import Turns
from bot.webhook import Webhook
from console.app import console_app
from console.visit import Deps as ConsoleDeps
from helpdesk.vanished import Vanished
from intents.weights import Weights
from knowledge.publishing import Publisher
from knowledge.snapshot import Snapshots
from messages import Channel
from settings import Mode, Settings
from storage.stores import Stores
from wechat.client import Client
from wechat.codec import Account
from wechat.sender import Sender
from wechat.settling import Pauses

WEBHOOKS: Final[dict[Channel, str]] = {"official": "/wechat/official", "mini": "/wechat/mini"}
SIMULATED: Final = "sim_"
"""How openids of the simulator begin; the platform's never do."""
CHANGE_WAIT_SECONDS: Final = 5.0


def utc_now() -> datetime:
    """Read the clock of the machine; everything else is handed a clock."""
    return datetime.now(UTC)


def simulated(user: str) -> bool:
    """Whether somebody is unknown to the platform, so that nothing is sent there: made up, or of the API."""
    return user.startswith((SIMULATED, USER_PREFIX))


@dataclass(frozen=True, slots=True)
class Parts:
    """What tests and the command line take out of a built program."""

    app: web.Application
    engine: Turns
    snapshots: Snapshots
    metrics: Metrics
    supervisor: Supervisor


def accounts(settings: Settings) -> dict[Channel, Account]:
    """Make the accounts that are configured; development makes up what is missing."""
    official = _account(
        settings,
        "official",
        settings.wechat_token,
        settings.wechat_app_id,
        settings.wechat_mode,
        (settings.wechat_aes_key, settings.wechat_aes_key_previous),
    )
    mini = _account(
        settings,
        "mini",
        settings.mini_token,
        settings.mini_app_id,
        settings.mini_mode,
        (settings.mini_aes_key, settings.mini_aes_key_previous),
    )
    return {account.channel: account for account in (official, mini) if account is not None}


def _account(
    settings: Settings,
    channel: Channel,
    token: SecretStr,
    app_id: str,
    mode: Mode,
    keys: tuple[SecretStr, ...],
) -> Account | None:
    aes_keys = tuple(key.get_secret_value() for key in keys if key.get_secret_value())
    known = token.get_secret_value()
    if not settings.production:
        invented = made_up(settings.data_dir, channel)
        known, app_id, aes_keys = (
            known or invented.token,
            app_id or invented.app_id,
            aes_keys or (invented.aes_key,),
        )
    return Account(channel, known, app_id, mode, aes_keys) if known else None


def build(
    settings: Settings,
    stores: Stores,
    *,
    clock: Callable[[], datetime] = utc_now,
    webhook_base: Callable[[], str] = lambda: "",
    more_loops: tuple[Loop, ...] = (),
) -> Parts:
    """Join the whole program around open stores. Starts nothing."""
    quiet_broken_requests()
    metrics, snapshots, owner = Metrics(), Snapshots(weights_of(settings)), secrets.token_hex(8)
    dialogue = Dialogue(
        snapshots=snapshots,
        turns=stores.turns,
        conversations=stores.conversations,
        handoffs=stores.handoffs,
        desk=stores.desk,
        outbox=stores.outbox,
        consents=stores.consents,
        clock=clock,
        public_url=public_url(settings),
        flood_limit=settings.flood_limit,
        lasting_templates=frozenset(settings.lasting_templates.replace(",", " ").split()),
    )
    engine = Turns(
        turns=stores.turns,
        conversations=stores.conversations,
        turnstile=stores.turnstile,
        outbox=stores.outbox,
        dialogue=dialogue,
        clock=clock,
        owner=owner,
        deadline_seconds=settings.reply_deadline_seconds,
        metrics=metrics,
    )
    recovery = Recovery(engine=engine, turns=stores.turns, owner=owner)
    clients = api_clients(settings, stores, owner, clock)
    refresh = _Refresh(snapshots, stores, metrics, clock)
    supervisor = Supervisor(
        (
            Loop("knowledge", refresh.run_once),
            *outbox_loops(stores, clients, owner=owner, count=settings.outbox_senders),
            Loop("recovery", recovery.run_once),
            Loop("editorial", Publisher(stores.editorial).run_once),
            Loop("numbers", Settling(stores.numbers).run_once),
            Loop("desk", Vanished(stores.desk).run_once),
            *more_loops,
        ),
        clock=clock,
        metrics=metrics,
    )
    app = web.Application(middlewares=[pages.citizen.friendly_not_found(snapshots, clock)])
    app.on_response_prepare.append(add_headers)
    known = accounts(settings)
    for channel, account in known.items():
        door = Webhook(account, engine=engine, turns=stores.turns, clock=clock, metrics=metrics)
        app.router.add_get(WEBHOOKS[channel], door.verify)
        app.router.add_post(WEBHOOKS[channel], door.push)
    health = Health(stores, snapshots, metrics)
    app.add_routes(health.routes())
    app.add_routes(pages.citizen.routes(snapshots, clock, public_url(settings)))
    known_mini = settings.mini_app_secret.get_secret_value()
    api_deps = ApiDeps(
        snapshots=snapshots,
        staff=stores.staff,
        api_tokens=stores.api_tokens,
        audit=stores.audit,
        editorial=stores.editorial,
        turns=stores.turns,
        outbox=stores.outbox,
        engine=engine,
        mini=clients.get("mini"),
        session_key=session_key(known_mini, settings.data_dir, production=settings.production),
        production=settings.production,
        clock=clock,
    )
    app.add_subapp(API_ROOT, api_app(api_deps))
    staff_pages = ConsoleDeps(
        staff=stores.staff,
        api_tokens=stores.api_tokens,
        audit=stores.audit,
        editorial=stores.editorial,
        knowledge=stores.knowledge,
        turns=stores.turns,
        gaps=stores.gaps,
        uploads=stores.uploads,
        keys=stores.keys,
        cluster_at=settings.cluster_at,
        handoffs=stores.handoffs,
        desk=stores.desk,
        outbox=stores.outbox,
        windows=stores.windows,
        desk_capacity=settings.desk_capacity,
        snapshots=snapshots,
        menu=stores.menu,
        public_url=public_url(settings),
        numbers=stores.numbers,
        clock=clock,
        secure=public_url(settings).startswith("https://"),
    )
    app.add_subapp("/console", console_app(staff_pages))
    if not settings.production:
        deps = pages.simulator.SimulatorDeps(
            accounts=known,
            webhook_base=webhook_base,
            turns=stores.turns,
            outbox=stores.outbox,
            snapshots=snapshots,
            clock=clock,
        )
        app.add_routes(pages.simulator.routes(deps))

    async def running(_: web.Application) -> AsyncIterator[None]:
        await refresh.now()
        supervisor.start()
        yield
        await supervisor.stop()
        await engine.drain()
        for client in clients.values():
            await client.close()

    app.cleanup_ctx.append(running)
    return Parts(app, engine, snapshots, metrics, supervisor)


def outbox_loops(
    stores: Stores, clients: Mapping[Channel, Client], *, owner: str, count: int
) -> tuple[Loop, ...]:
    """Make the senders of this process: several, so that one slow answer does not hold up everybody's."""
    pauses = Pauses()
    senders = [
        Sender(
            stores.outbox,
            clients,
            windows=stores.windows,
            consents=stores.consents,
            owner=f"{owner}-{number}",
            simulated=simulated,
            pauses=pauses,
            sweeps=number == 0,
        )
        for number in range(count)
    ]
    return tuple(Loop("outbox", sender.run_once) for sender in senders)


def weights_of(settings: Settings) -> Weights | None:
    """Read the weights that were fitted for this hall; None: the built-in ones. Raises `WeightsError`."""
    return Weights.load(settings.weights_file) if settings.weights_file else None


def public_url(settings: Settings) -> str:
    """Address that links in answers begin with."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def api_clients(
    settings: Settings, stores: Stores, owner: str, clock: Callable[[], datetime]
) -> dict[Channel, Client]:
    """Make a client for each account that has a secret; without one nothing can be sent by ourselves."""
    found: dict[Channel, Client] = {}
    if settings.wechat_app_id and settings.wechat_app_secret.get_secret_value():
        found["official"] = Client(
            app_id=settings.wechat_app_id,
            secret=settings.wechat_app_secret.get_secret_value(),
            tokens=stores.tokens,
            owner=owner,
            api_base=settings.wechat_api_base,
            now=clock,
        )
    if settings.mini_app_id and settings.mini_app_secret.get_secret_value():
        found["mini"] = Client(
            app_id=settings.mini_app_id,
            secret=settings.mini_app_secret.get_secret_value(),
            tokens=stores.tokens,
            owner=owner,
            api_base=settings.mini_api_base,
            now=clock,
        )
    return found


class _Refresh:
    """Keeps the snapshot up to date: waits for a change, or for midnight in Beijing."""

    def __init__(
        self, snapshots: Snapshots, stores: Stores, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        self._snapshots = snapshots
        self._stores = stores
        self._metrics = metrics
        self._clock = clock

    async def now(self) -> None:
        """Read the knowledge base if it, or the day, has changed."""
        await self._snapshots.refresh(self._stores.knowledge, self._clock().astimezone(BEIJING).date())
        snapshot = self._snapshots.current
        if snapshot is not None:
            self._metrics.revision.set(snapshot.revision)
            self._metrics.entries.set(len(snapshot.entries))

    async def run_once(self, _: datetime) -> float:
        """Wait for a change and take it over; woken every few seconds for the change of day."""
        snapshot = self._snapshots.current
        known = snapshot.revision if snapshot else 0
        await self._stores.knowledge.wait_for_change(known, timeout_seconds=CHANGE_WAIT_SECONDS)
        await self.now()
        return 0.0
