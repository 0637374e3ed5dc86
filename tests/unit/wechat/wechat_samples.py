"""Two accounts of the fake platform, and clients of them."""

from __future__ import annotations

from typing import Protocol

from tests.platform.accounts import FakeAccount
from wechat.client import Client
from wechat.tokens import USUAL_LIMITS, Limits

ACCOUNT = FakeAccount(app_id="wxhall", app_secret="5ec2e7-5ec2e7-5ec2e7")
MINI = FakeAccount(channel="mini", app_id="wxmini", app_secret="m1n1-5ec2e7")


class MakeClient(Protocol):
    """Makes a client; those with different owners share their token as processes do."""

    def __call__(
        self,
        owner: str = "p1",
        *,
        account: FakeAccount = ACCOUNT,
        api_base: str = "",
        total_seconds: float = 5.0,
        limits: Limits = USUAL_LIMITS,
    ) -> Client: ...
