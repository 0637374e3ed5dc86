"""What the clerks' desk knows of an entry: its dossier, its revisions, and which step may follow which. Pure.

A `Dossier` is all there is of one entry: the version in work (`entry`), and what stands in the knowledge base
(`live`). Editing a published entry makes a working copy; `live` keeps answering until the copy is published.
The steps themselves are functions in `knowledge.editorial`; `TRANSITIONS` is their one visible table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from knowledge.entries import Entry, EntryState

Action = Literal[
    "create",
    "edit",
    "restore",
    "discard",
    "submit",
    "recall",
    "request_changes",
    "approve",
    "schedule",
    "unschedule",
    "publish",
    "withdraw",
    "expire",
    "confirm",
    "review",
    "import",
]
Reason = Literal["state", "four_eyes", "note", "time", "unchanged", "not_live", "identity"]

CLOCK: Final = "clock"
"""Who publishes what was scheduled, and marks what has expired."""
IMPORT: Final = "import"
"""Who changes the knowledge base past the desk: seed, import and replace."""
NOTE_LIMIT: Final = 500
STATE_NAMES: Final[Mapping[EntryState, str]] = {
    "draft": "草稿",
    "in_review": "审核中",
    "changes_wanted": "待修改",
    "ready": "待发布",
    "scheduled": "定时发布",
    "published": "已发布",
    "expired": "已过期",
    "withdrawn": "已撤下",
}
ACTION_NAMES: Final[Mapping[Action, str]] = {
    "create": "新建",
    "edit": "修改",
    "restore": "恢复旧版本",
    "discard": "放弃修改",
    "submit": "提交审核",
    "recall": "撤回",
    "request_changes": "退回修改",
    "approve": "审核通过",
    "schedule": "定时发布",
    "unschedule": "取消定时",
    "publish": "发布",
    "withdraw": "撤下",
    "expire": "过期",
    "confirm": "确认内容",
    "review": "复核",
    "import": "导入",
}
IN_WORK: Final[tuple[EntryState, ...]] = ("draft", "in_review", "changes_wanted", "ready", "scheduled")
"""States of a version that is not out yet."""
_EDIT: Final[Mapping[EntryState, EntryState]] = {
    "draft": "draft",
    "changes_wanted": "changes_wanted",
    "ready": "draft",
    "published": "draft",
    "expired": "draft",
    "withdrawn": "draft",
}
TRANSITIONS: Final[Mapping[Action, Mapping[EntryState, EntryState]]] = {
    "edit": _EDIT,
    "restore": _EDIT,
    # Where something is live, `discard` goes back to that, whatever its state.
    "discard": {"draft": "withdrawn", "changes_wanted": "withdrawn"},
    "submit": {"draft": "in_review", "changes_wanted": "in_review"},
    "recall": {"in_review": "draft", "ready": "draft", "scheduled": "draft"},
    "request_changes": {
        "in_review": "changes_wanted",
        "ready": "changes_wanted",
        "scheduled": "changes_wanted",
    },
    "approve": {"in_review": "ready"},
    "schedule": {"ready": "scheduled", "scheduled": "scheduled"},
    "unschedule": {"scheduled": "ready"},
    "publish": {"ready": "published", "scheduled": "published"},
    # These two are about what is live: a version in work stays where it is.
    "withdraw": {**{state: state for state in IN_WORK}, "published": "withdrawn"},
    "expire": {**{state: state for state in IN_WORK}, "published": "expired"},
    "confirm": {state: state for state in ("in_review", "ready", "scheduled", "published")},
    "review": {"published": "published"},
}
"""What may follow what: action → state before → state after. What does not stand here is refused."""
CHECKED: Final[frozenset[Action]] = frozenset({"submit", "approve", "publish"})
"""Steps before which nothing may be left to mend (`knowledge.desk.problems_of`)."""
ADVICE: Final[Mapping[EntryState, str]] = {
    "draft": "请先提交审核",
    "in_review": "请等审核结束，或者先撤回",
    "changes_wanted": "请改好以后重新提交审核",
    "ready": "可以发布、定时发布，或者退回修改",
    "scheduled": "请先取消定时",
    "published": "要改内容请直接修改，发布新版本前仍用现在的内容回答",
    "expired": "请先修改有效期，再提交审核",
    "withdrawn": "请先修改或恢复一个旧版本，再提交审核",
}


class EditorialError(Exception):
    """A step that is not allowed; the message is a Chinese sentence for the clerk that says what to do."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One entry at the desk."""

    entry: Entry
    """The version in work; its `state` is the state of the dossier. The same content as `live` at rest."""
    live: Entry | None = None
    """What stands in the knowledge base under this id; it answers while its state is `published`."""
    token: int = 0
    """Rises with each step, and is the number of its newest revision. 0: not stored yet."""
    author: str = ""
    """Who wrote last (staff id); stays after publication."""
    writers: tuple[str, ...] = ()
    """Who wrote since the last publication, in order: none of them may approve."""
    approved_by: str = ""
    confirmed_by: str = ""
    """The chief representative who said that this very content is right."""
    confirmed_at: datetime | None = None
    publish_at: datetime | None = None
    note: str = ""
    """What was said with the last step: why changes are wanted, why it was withdrawn."""
    changed_by: str = ""
    changed_at: datetime | None = None

    @property
    def id(self) -> str:
        """The id of the entry."""
        return self.entry.id

    @property
    def state(self) -> EntryState:
        """Where the version in work stands."""
        return self.entry.state

    @property
    def answering(self) -> Entry | None:
        """The version that citizens get now, its validity apart; None when they get none."""
        return self.live if self.live is not None and self.live.state == "published" else None

    @property
    def departments(self) -> frozenset[str]:
        """Whose it is: also that of what is live, so that an entry moves out of a scope and never in."""
        return frozenset({self.entry.department, *((self.live.department,) if self.live else ())})

    @property
    def in_work(self) -> bool:
        """Whether a version is on its way: written, and neither published nor given up."""
        return self.state in IN_WORK


@dataclass(frozen=True, slots=True)
class Revision:
    """One step in the life of an entry, kept for ever: what it said then, and who did what."""

    entry_id: str
    number: int
    entry: Entry
    at: datetime
    by: str
    action: Action
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step makes of a dossier; nothing is done until the store has saved it."""

    before: Dossier | None
    """None: there was no dossier."""
    after: Dossier
    revision: Revision

    @property
    def changes_live(self) -> bool:
        """Whether the knowledge base changes with it."""
        return self.after.live != (self.before.live if self.before else None)


def content_of(entry: Entry) -> Entry:
    """Return the entry without its state and version: what two versions are compared by."""
    return replace(entry, state="draft", version=1)


def at_rest(found: Entry) -> Entry:
    """An entry that came past the desk: reviews and moments of elsewhere mean nothing here."""
    return replace(found, state="draft") if found.state in IN_WORK else found


def allowed(dossier: Dossier) -> tuple[Action, ...]:
    """Return what a person may do with it now, in the order of the table; buttons are made from it."""
    wanted = [action for action, moves in TRANSITIONS.items() if dossier.state in moves]
    refused = {"expire"} if dossier.answering else {"expire", "withdraw"}
    return tuple(action for action in wanted if action not in refused)


def without_approval(dossier: Dossier) -> Dossier:
    """Return the dossier with nothing said in favour of its content: that content is another one now."""
    return replace(dossier, approved_by="", confirmed_by="", confirmed_at=None, publish_at=None)


def step_of(
    before: Dossier | None,
    after: Dossier,
    action: Action,
    by: str,
    now: datetime,
    *,
    note: str = "",
    entry: Entry | None = None,
) -> Step:
    """Join before and after with the revision that tells of it; it keeps `entry` (else the one after)."""
    number = (before.token if before else 0) + 1
    revision = Revision(after.id, number, entry or after.entry, now, by, action, note.strip()[:NOTE_LIMIT])
    return Step(before, replace(after, token=number, changed_by=by, changed_at=now), revision)
