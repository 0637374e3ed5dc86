"""Real, empty stores, and a platform with a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from storage.stores import Stores
from tests.platform.accounts import FakeAccount
from tests.platform.api_server import PlatformApi, platform_api
from tests.running import Clock
from tests.unit.wechat.wechat_samples import ACCOUNT, MINI, MakeClient
from wechat.client import Client
from wechat.outbox import OutboxStore
from wechat.tokens import USUAL_LIMITS, Limits


@pytest.fixture
def outbox(stores: Stores) -> OutboxStore:
    return stores.outbox


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture
async def platform(clock: Clock) -> AsyncIterator[PlatformApi]:
    async with platform_api(ACCOUNT, MINI, clock=clock) as running:
        yield running


@pytest.fixture
async def make_client(platform: PlatformApi, stores: Stores, clock: Clock) -> AsyncIterator[MakeClient]:
    """Makes clients of one account that share their token as processes do; closes them at the end."""
    made: list[Client] = []

    def make(
        owner: str = "p1",
        *,
        account: FakeAccount = ACCOUNT,
        api_base: str = "",
        total_seconds: float = 5.0,
        limits: Limits = USUAL_LIMITS,
    ) -> Client:
        client = Client(
            app_id=account.app_id,
            secret=account.app_secret,
            tokens=stores.tokens,
            owner=owner,
            api_base=api_base or platform.url,
            total_seconds=total_seconds,
            now=clock,
            limits=limits,
        )
        made.append(client)
        return client

    yield make
    platform.release.set()
    for client in made:
        await client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture
def mini(make_client: MakeClient) -> Client:
    return make_client(account=MINI)
