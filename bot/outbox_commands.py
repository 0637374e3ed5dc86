"""`python -m bot outbox`: what waits, what is stuck and why; try again, or let it go.

Personal data is masked: a citizen is a short code, a reply is its kinds of parts and its length.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final, get_args

import click

from bot.app import utc_now
from bot.dialogue import BEIJING
from bot.serving import opened
from bot.terminal import fail, run, settings_or_fail
from messages import Text
from settings import Settings
from wechat.outbox import OutboxItem, OutboxStatus

SHOWN_ID: Final = 12
MOST: Final = 10_000
STUCK: Final[tuple[OutboxStatus, ...]] = ("waiting", "held", "call", "failed", "uncertain")
OPEN: Final[tuple[OutboxStatus, ...]] = (*STUCK, "dropped")
STATUS = click.Choice(get_args(OutboxStatus))
OPEN_STATUS = click.Choice(OPEN)


@click.group()
def outbox() -> None:
    """Look at replies that could not leave yet, try them again, or drop them."""


@outbox.command(name="list")
@click.option("--status", "statuses", type=STATUS, multiple=True, help="Only these; default: all unsent.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(statuses: tuple[OutboxStatus, ...], limit: int, *, as_json: bool) -> None:
    """List items, oldest first, with the reason why each has not left."""
    items, counts = run(_find(settings_or_fail(), statuses or (*STUCK, "sending"), limit))
    if as_json:
        shown = {"counts": counts, "items": [as_dict(item) for item in items]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    click.echo("  ".join(f"{status} {count}" for status, count in counts.items()))
    for item in items:
        click.echo(line(item))


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--status", "statuses", type=OPEN_STATUS, multiple=True, help="All items of these.")
def retry(ids: tuple[str, ...], statuses: tuple[OutboxStatus, ...]) -> None:
    """Put items back to `waiting`: by the beginning of their ids, or all of a status.

    Look first whether an `uncertain` item has arrived: it may be sent a second time.
    """
    count = run(_change(settings_or_fail(), ids, statuses, drop_reason=None))
    click.echo(f"{count} put back to waiting; the running program sends them")


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--status", "statuses", type=OPEN_STATUS, multiple=True, help="All items of these.")
@click.option("--reason", default="由管理员放弃。", show_default=True, help="Kept with the item.")
def drop(ids: tuple[str, ...], statuses: tuple[OutboxStatus, ...], reason: str) -> None:
    """Let items go for good: by the beginning of their ids, or all of a status."""
    count = run(_change(settings_or_fail(), ids, statuses, drop_reason=reason))
    click.echo(f"{count} dropped")


async def _find(
    settings: Settings, statuses: Collection[OutboxStatus], limit: int
) -> tuple[tuple[OutboxItem, ...], dict[OutboxStatus, int]]:
    async with opened(settings) as stores:
        return await stores.outbox.find(statuses, limit=limit), await stores.outbox.counts()


async def _change(
    settings: Settings,
    prefixes: Sequence[str],
    statuses: Collection[OutboxStatus],
    *,
    drop_reason: str | None,
) -> int:
    if not prefixes and not statuses:
        fail("say which: ids from `outbox list`, or --status")
    async with opened(settings) as stores:
        found = await stores.outbox.find(OPEN if prefixes else statuses, limit=MOST)
        chosen = [item.id for item in found if not statuses or item.status in statuses]
        ids = matching(chosen, prefixes) if prefixes else chosen
        if drop_reason is None:
            return await stores.outbox.requeue(ids, now=utc_now())
        return await stores.outbox.drop(ids, reason=drop_reason)


def matching(ids: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """The ids that begin so; each beginning must mean exactly one."""
    chosen = []
    for prefix in prefixes:
        found = [each for each in ids if each == prefix] or [each for each in ids if each.startswith(prefix)]
        if len(found) != 1:
            fail(f"{prefix}: {'no unsent item' if not found else f'{len(found)} items'} of that id")
        chosen += found
    return chosen


def mask(user: str) -> str:
    """A code for a citizen that says who is the same, and nothing more."""
    return hashlib.blake2b(user.encode(), digest_size=3).hexdigest().upper()


def contents(item: OutboxItem) -> str:
    """What kinds of parts a reply has, and how much text."""
    kinds = Counter(type(part).__name__.lower() for part in item.parts)
    letters = sum(len(part.content) for part in item.parts if isinstance(part, Text))
    named = " ".join(name if count == 1 else f"{count}×{name}" for name, count in kinds.items())
    return f"{named} ({letters} characters)" if letters else named


def line(item: OutboxItem) -> str:
    """One item on one line."""
    made = f"{item.created_at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    tries = f"{item.attempts} tries"
    words = [
        item.id[:SHOWN_ID],
        f"{item.status:<9}",
        made,
        f"{item.channel} {mask(item.user)}",
        tries,
        contents(item),
        *([f"notice {item.receipt or 'sent'}"] if item.route == "notice" else []),
    ]
    return "  ".join(words) + (f"  {item.reason}" if item.reason else "")


def as_dict(item: OutboxItem) -> dict[str, Any]:
    """One item as JSON values."""
    return {
        "id": item.id,
        "status": item.status,
        "created_at": item.created_at.isoformat(),
        "next_at": item.next_at.isoformat() if item.next_at else None,
        "channel": item.channel,
        "citizen": mask(item.user),
        "attempts": item.attempts,
        "sent_parts": item.sent_parts,
        "contents": contents(item),
        "reason": item.reason,
        "route": item.route,
        "receipt": item.receipt,
    }
