"""Access tokens (and the JS-SDK's tickets): one owner per app id, shared by all processes, fetched sparingly.

获取稳定版接口调用凭据: a token lives 7200 s; in normal mode the platform hands out the same one until its
last five minutes. A fault must not burn the day's quota (wechatpy fetched 484 tokens in one send,
shared/WECHAT.md 5), so every fetch needs a claim in the store, and the store says no

- while another process has the claim (its lease ends by itself),
- for a while after a fetch that failed, doubling up to five minutes,
- for a minute after a token was renewed because the platform had rejected the one before,
- when the day's budget is used up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from wechat.api_errors import NoTokenError, RefusedError, UncertainError, UnreachableError, refused
from wechat.refusals import refusal

RENEW_EARLY_SECONDS: Final = 300.0
"""获取稳定版接口调用凭据: within the last five minutes the platform hands out the next token."""
DAILY_BUDGET: Final = 200
"""Fetches a day and app id. About 13 are normal; 200 is what a sandbox account has on `cgi-bin/token`."""
LEASE_SECONDS: Final = 15.0
"""Above the longest fetch: the transport's deadline is 5 s for each host."""
REJECTION_SPACING_SECONDS: Final = 60.0
LONGEST_WAIT_SECONDS: Final = 300.0
_PATIENCE_SECONDS: Final = 8.0
_LOOK_AGAIN_SECONDS: Final = 0.05
_SPENT: Final = (
    "今天获取接口凭证的次数异常偏多，已停止以保护配额；请管理员检查 AppSecret 和其他使用本账号的程序。"
)
_QUOTA_DAY: Final = timedelta(hours=8)
"""The platform's quotas begin anew at midnight in Beijing."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token as all processes share it."""

    value: str = field(repr=False)
    generation: int
    """Rises with each fetch: whoever was rejected with generation 3 wants one above it."""
    renew_at: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the platform handed out."""

    value: str = field(repr=False)
    lifetime_seconds: float


ClaimResult = Literal["known", "yours", "busy", "spent", "waiting"]
"""`known`: here it is. `yours`: fetch one. `busy`: somebody fetches. `spent`: no budget left today.
`waiting`: too soon after a failure or a rejection."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The store's answer to somebody who needs a token."""

    result: ClaimResult
    token: Token | None = None
    until: datetime | None = None
    """When asking again makes sense (`waiting`)."""
    problem: int = 0
    """The error code of the fetch that failed last; 0 when there was none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How sparingly tokens are fetched."""

    budget: int = DAILY_BUDGET
    lease_seconds: float = LEASE_SECONDS
    spacing_seconds: float = REJECTION_SPACING_SECONDS


USUAL_LIMITS: Final = Limits()


class TokenStore(Protocol):
    """Keeps shared tokens by name. Claiming is atomic: one process fetches, the others take what it got."""

    async def claim(
        self, name: str, *, owner: str, beyond: int, now: datetime, day: str, limits: Limits
    ) -> Claim:
        """Give the token when there is a good one of a generation above `beyond`; else maybe the task."""

    async def publish(self, name: str, *, owner: str, fetched: Fetched, renew_at: datetime) -> Token | None:
        """Share what was fetched and give the claim back; None when the claim was lost meanwhile."""

    async def give_up(self, name: str, *, owner: str, now: datetime, problem: int) -> None:
        """Give the claim back after a failure; the next one must wait, longer each time."""


class Keeper:
    """One process's way to one token: cached here, shared in the store, fetched by one at a time."""

    def __init__(
        self,
        name: str,
        store: TokenStore,
        fetch: Callable[[], Awaitable[Fetched]],
        *,
        owner: str,
        now: Callable[[], datetime],
        limits: Limits = USUAL_LIMITS,
    ) -> None:
        self._name = name
        self._store = store
        self._fetch = fetch
        self._owner = owner
        self._now = now
        self._limits = limits
        self._cached: Token | None = None
        self._single = asyncio.Lock()

    async def get(self, *, rejected: Token | None = None) -> Token:
        """The token to use now, and not the rejected one. Raises `NoTokenError` or `RefusedError`."""
        beyond = rejected.generation if rejected else -1
        if good := self._from_cache(beyond):
            return good
        async with self._single:
            if good := self._from_cache(beyond):
                return good
            self._cached = await self._from_store(beyond)
            return self._cached

    def _from_cache(self, beyond: int) -> Token | None:
        token = self._cached
        return token if token and token.generation > beyond and self._now() < token.renew_at else None

    async def _from_store(self, beyond: int) -> Token:
        waited = 0.0
        while True:
            now = self._now()
            day = f"{now + _QUOTA_DAY:%Y-%m-%d}"
            claim = await self._store.claim(
                self._name, owner=self._owner, beyond=beyond, now=now, day=day, limits=self._limits
            )
            if claim.token is not None:
                return claim.token
            if claim.result == "yours":
                if token := await self._renew(now):
                    return token
            elif claim.result != "busy" or waited >= _PATIENCE_SECONDS:
                raise _no_token(claim, now)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            waited += _LOOK_AGAIN_SECONDS

    async def _renew(self, asked_at: datetime) -> Token | None:
        problem = 0
        fetched: Fetched | None = None
        try:
            fetched = await self._fetch()
        except RefusedError as error:
            problem = error.code
            raise
        except UncertainError as error:
            # Whatever became of the token request, the citizen's message has not left.
            raise NoTokenError(f"no access token: {error}") from None
        except UnreachableError as error:
            raise NoTokenError(f"no access token: {error}") from None
        finally:
            if fetched is None:
                await self._store.give_up(self._name, owner=self._owner, now=self._now(), problem=problem)
        life = fetched.lifetime_seconds
        renew_at = asked_at + timedelta(seconds=max(life - RENEW_EARLY_SECONDS, life / 2))
        return await self._store.publish(self._name, owner=self._owner, fetched=fetched, renew_at=renew_at)


def _no_token(claim: Claim, now: datetime) -> NoTokenError | RefusedError:
    if claim.problem and claim.result == "waiting":
        return refused("/cgi-bin/stable_token", claim.problem)
    if claim.result == "spent":
        return NoTokenError("no access token: today's budget is used up", _SPENT, 3600.0)
    wait = max((claim.until - now).total_seconds(), 0.0) if claim.until else 0.0
    advice = refusal(claim.problem).advice if claim.problem else ""
    return NoTokenError(f"no access token: {claim.result}", advice, wait)


def next_wait_seconds(failures: int) -> float:
    """How long nobody may fetch after so many failures in a row."""
    return min(2.0 ** min(failures, 10), LONGEST_WAIT_SECONDS)
