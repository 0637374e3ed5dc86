"""Entries and dossiers for the tests of the clerks' desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from knowledge import editorial
from knowledge.dossiers import Action, Dossier, Step
from knowledge.entries import Basis, Entry, EntryState
from messages import Link

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
TOMORROW = NOW + timedelta(days=1)
ENTRY = Entry(
    id="card-lost",
    question="社保卡丢了怎么补办？",
    answer="请带身份证到 3 号窗口。",
    department="hrss",
    category="social",
    alternates=("社保卡丢了", "补社保卡"),
    keywords=("社保卡",),
    links=(Link("指南", "https://hall.example/g"),),
    basis=(Basis("社会保障卡管理办法"),),
    valid_until=date(2027, 12, 31),
)
WANG, LI, ZHAO = "wang", "li", "zhao"


def act(dossier: Dossier, action: Action, by: str = LI, now: datetime = NOW) -> Step:
    """Take one step, with sensible values for what it needs beside."""
    match action:
        case "edit":
            changed = replace(dossier.entry, answer=f"{dossier.entry.answer}。")
            step = editorial.edit(dossier, changed, by, now=now)
        case "restore":
            older = editorial.create(replace(ENTRY, answer="很久以前的答案。"), WANG, now=now).revision
            step = editorial.restore(dossier, older, by, now=now)
        case "request_changes":
            step = editorial.request_changes(dossier, by, now=now, note="窗口号不对")
        case "schedule":
            step = editorial.schedule(dossier, by, now=now, at=now + timedelta(days=1))
        case "withdraw":
            step = editorial.withdraw(dossier, by, now=now, note="文件废止")
        case "expire":
            step = editorial.expire(dossier, now=datetime(2028, 1, 1, 8, tzinfo=UTC))
        case "review":
            step = editorial.mark_reviewed(dossier, by, now=now, next_on=date(2027, 11, 23))
        case _:
            step = getattr(editorial, action)(dossier, by, now=now)
    return step


def walk(dossier: Dossier, actions: Sequence[Action], by: str = LI) -> Dossier:
    """Take several steps, all by one person."""
    for action in actions:
        dossier = act(dossier, action, by).after
    return dossier


PATHS: dict[EntryState, tuple[Action, ...]] = {
    "draft": (),
    "in_review": ("submit",),
    "changes_wanted": ("submit", "request_changes"),
    "ready": ("submit", "approve"),
    "scheduled": ("submit", "approve", "schedule"),
    "published": ("submit", "approve", "publish"),
    "expired": ("submit", "approve", "publish", "expire"),
    "withdrawn": ("submit", "approve", "publish", "withdraw"),
}


def in_state(state: EntryState, entry: Entry = ENTRY) -> Dossier:
    """A new entry that Wang wrote and Li brought as far as this."""
    return walk(editorial.create(entry, WANG, now=NOW).after, PATHS[state])


def copy_in_state(state: EntryState) -> Dossier:
    """The same with a version that was published before and still answers."""
    published = in_state("published")
    copy = editorial.edit(published, replace(ENTRY, answer="请到 5 号窗口。"), WANG, now=NOW).after
    return walk(copy, PATHS[state])
