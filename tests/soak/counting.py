"""After a trial: what became of every message, out of what three parties say.

The citizens know what they were promised, the database what was stored, the platform what arrived. None is
believed alone: a reply that was sent twice looks right to the first two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from storage.stores import Stores
from tests.platform.api_server import PlatformApi
from tests.soak.hall import answers_in
from tests.soak.load import Load, Message

TAKEN_OVER_AFTER: Final = timedelta(seconds=25)
"""A turn handled so late was handled by somebody else than who received it (leases last 30 s)."""
Who = tuple[str, str, str]
"""Channel, citizen, entry: one message."""


@dataclass(slots=True)
class Account:
    """The sum of one trial. What stands below `problems` has to be zero."""

    messages: int = 0
    answered: int = 0
    acknowledged: int = 0
    not_promised: int = 0
    """Declined in a sentence, or no delivery got through: the citizen knows, or sees WeChat's own words."""
    items: int = 0
    sent_once: int = 0
    uncertain: int = 0
    taken_over: int = 0
    lost: int = 0
    handled_twice: int = 0
    sent_twice: int = 0
    never_arrived: int = 0
    """Noted as sent, but the platform has not seen it."""
    unsettled: int = 0
    out_of_order: int = 0
    broken_rules: int = 0
    log_errors: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    """What is known of the messages that went wrong, for whoever has to find out why."""
    token_fetches: int = 0

    @property
    def problems(self) -> dict[str, int]:
        names = (
            *("lost", "handled_twice", "sent_twice", "never_arrived", "unsettled", "out_of_order"),
            "broken_rules",
        )
        found = {name: int(getattr(self, name)) for name in names} | {"log_errors": len(self.log_errors)}
        return {name: count for name, count in found.items() if count}


@dataclass(slots=True)
class Evidence:
    """What database and platform say."""

    turns: dict[Who, dict[str, Any]]
    items: dict[Who, dict[str, Any]]
    arrived: list[Who]

    @property
    def arrivals(self) -> Counter[Who]:
        return Counter(self.arrived)


async def collect(load: Load, stores: Stores, api: PlatformApi) -> Evidence:
    """Read what was stored and what arrived."""
    asked = {(each.channel, each.number): _who(each) for each in load.messages}
    turns, keys = {}, {}
    async for turn in stores.mongo.collection("turns").find():
        who = asked[turn["inbound"]["channel"], turn["inbound"]["order"]]
        turns[who] = turn
        keys[turn["_id"]] = who
    items = {keys[item["_id"]]: item async for item in stores.mongo.collection("outbox").find()}
    return Evidence(turns, items, [*_arrived(api)])


def _arrived(api: PlatformApi) -> Sequence[Who]:
    return [
        (api.accounts[app_id].channel, user, entry)
        for app_id, world in api.worlds.items()
        for user, payload in world.sent
        for entry in answers_in(str(payload.get("text", {}).get("content", "")))
    ]


def _who(message: Message) -> Who:
    return message.channel, message.user, message.entry


def count(load: Load, evidence: Evidence, api: PlatformApi) -> Account:
    """Add up one trial."""
    account = Account(messages=len(load.messages), items=len(evidence.items))
    _count_messages(account, load, evidence)
    _count_items(account, evidence)
    account.taken_over = sum(_taken_over(turn) for turn in evidence.turns.values())
    account.unsettled += sum(turn["status"] != "done" for turn in evidence.turns.values())
    account.out_of_order = _turns_out_of_order(evidence, account.examples) + _arrivals_out_of_order(evidence)
    account.broken_rules = sum(len(world.broken) for world in api.worlds.values())
    account.token_fetches = api.calls.count("/cgi-bin/stable_token")
    return account


def _count_messages(account: Account, load: Load, evidence: Evidence) -> None:
    arrivals = evidence.arrivals
    for message in load.messages:
        who = _who(message)
        passive = message.result == "answered"
        account.answered += passive
        account.acknowledged += message.result == "acknowledged"
        account.not_promised += message.result in {"declined", "unanswered"}
        twice = passive + arrivals[who] > 1
        account.handled_twice += twice
        owed = message.result == "acknowledged" and not arrivals[who]
        lost = owed and evidence.items.get(who, {}).get("status") != "uncertain"
        account.lost += lost
        if twice or lost:
            account.examples.append(_story(message, evidence))


def _story(message: Message, evidence: Evidence) -> str:
    who = _who(message)
    turn, item = evidence.turns.get(who, {}), evidence.items.get(who, {})
    words = [
        *(message.channel, message.result, f"{message.deliveries} deliveries"),
        *(f"{name} {turn.get(name)}" for name in ("status", "delivery", "received_at", "handled_at")),
        f"rule {turn.get('trace', {}).get('rule')}",
        *(f"item {name} {item.get(name)}" for name in ("status", "reason", "attempts", "sent_times")),
        f"arrived {evidence.arrivals[who]} times",
    ]
    return ", ".join(words)


def _count_items(account: Account, evidence: Evidence) -> None:
    arrivals = evidence.arrivals
    for who, item in evidence.items.items():
        times = arrivals[who]
        account.sent_twice += times > 1
        account.uncertain += item["status"] == "uncertain"
        account.sent_once += item["status"] == "sent" and times == 1
        account.never_arrived += item["status"] == "sent" and times == 0
        account.unsettled += item["status"] not in {"sent", "uncertain"}


def _taken_over(turn: dict[str, Any]) -> bool:
    handled_at = turn["handled_at"]
    return handled_at is not None and bool(handled_at - turn["received_at"] >= TAKEN_OVER_AFTER)


def _turns_out_of_order(evidence: Evidence, examples: list[str]) -> int:
    """Turns handled before an older one of their citizen, but for those whose process had died."""
    wrong, latest = 0, dict[tuple[str, str], Any]()
    orderly = [turn for turn in evidence.turns.values() if turn["handled_at"] and not _taken_over(turn)]
    for turn in sorted(orderly, key=lambda turn: (turn["inbound"]["at"], turn["inbound"]["order"])):
        citizen = (turn["inbound"]["channel"], turn["inbound"]["user"])
        if citizen in latest and turn["handled_at"] < latest[citizen]:
            wrong += 1
            examples.append(
                f"{latest[citizen]} before {turn['handled_at']}: {turn['trace']}, {turn['delivery']}"
            )
        latest[citizen] = turn["handled_at"]
    return wrong


def _arrivals_out_of_order(evidence: Evidence) -> int:
    """Messages that arrived before one of their citizen's that was made earlier."""
    wrong, latest = 0, dict[tuple[str, str], Any]()
    for channel, user, entry in evidence.arrived:
        item = evidence.items.get((channel, user, entry))
        made = (item["created_at"], item["_id"]) if item else None
        if made is not None:
            wrong += (channel, user) in latest and made < latest[channel, user]
            latest[channel, user] = made
    return wrong


COLUMNS: Final = {
    "messages": "messages",
    "answered": "answered at once",
    "acknowledged": "acknowledged, answer owed",
    "not_promised": "nothing promised",
    "items": "outbox items",
    "sent_once": "sent exactly once",
    "uncertain": "uncertain",
    "taken_over": "finished by another process",
    "lost": "**lost**",
    "handled_twice": "**handled twice**",
    "sent_twice": "**sent twice**",
    "out_of_order": "**out of order**",
    "token_fetches": "token fetches",
}


def table(rows: Sequence[tuple[str, str, float, Account]]) -> str:
    """Trials as a Markdown table: name, what was done, seconds, sums."""
    heads = ["trial", "faults", *COLUMNS.values(), "seconds"]
    lines = ["| " + " | ".join(heads) + " |", "|---|---|" + "---:|" * (len(COLUMNS) + 1)]
    for name, faults, seconds, account in rows:
        cells = [name, faults, *(f"{getattr(account, each):,}" for each in COLUMNS), f"{seconds:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
