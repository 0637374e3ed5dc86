"""The steps in the life of an entry: draft, review, publication, withdrawal. Pure.

Each function takes a dossier and gives a `Step`: the dossier after it, with the revision that tells of it;
`EditorialStore.save` makes it true. What is not allowed raises `EditorialError`, whose Chinese sentence says
what to do. Who may do what (roles, departments) is decided by the console, before; here stands what nobody
may do, such as approving one's own words.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from knowledge.dossiers import (
    ACTION_NAMES,
    ADVICE,
    CLOCK,
    NOTE_LIMIT,
    STATE_NAMES,
    TRANSITIONS,
    Action,
    Dossier,
    EditorialError,
    Revision,
    Step,
    at_rest,
    content_of,
    step_of,
    without_approval,
)
from knowledge.entries import Entry, EntryState, beijing_day


def create(entry: Entry, by: str, *, now: datetime) -> Step:
    """Begin a new entry as a draft."""
    draft = replace(entry, state="draft", version=1)
    return step_of(None, Dossier(draft, author=by, writers=(by,)), "create", by, now)


def edit(dossier: Dossier, entry: Entry, by: str, *, now: datetime) -> Step:
    """Write another content; what was published keeps answering. An approval is gone with it."""
    return _write(dossier, entry, by, "edit", now, "")


def restore(dossier: Dossier, revision: Revision, by: str, *, now: datetime) -> Step:
    """Take the content of an older revision into the version in work; it goes through review like an edit."""
    if revision.entry_id != dossier.id:
        raise EditorialError("identity", "这个旧版本不是这一条的，请从本条的历史里选。")
    return _write(dossier, revision.entry, by, "restore", now, f"恢复第 {revision.number} 次改动后的内容")


def discard(dossier: Dossier, by: str, *, now: datetime) -> Step:
    """Drop the version in work: back to what is live, or withdrawn where nothing ever was."""
    target = _target(dossier, "discard")
    entry = at_rest(dossier.live) if dossier.live else replace(dossier.entry, state=target)
    after = without_approval(replace(dossier, entry=entry, note=""))
    return step_of(dossier, after, "discard", by, now, entry=dossier.entry)


def submit(dossier: Dossier, by: str, *, now: datetime, note: str = "") -> Step:
    """Ask for a review."""
    return _move(dossier, "submit", by, now, note=note)


def recall(dossier: Dossier, by: str, *, now: datetime) -> Step:
    """Take a version back out of review, or what waits to be published."""
    return _move(dossier, "recall", by, now)


def request_changes(dossier: Dossier, by: str, *, now: datetime, note: str) -> Step:
    """Send it back to its authors and say what is wanted."""
    if not note.strip():
        raise EditorialError("note", "请写明要改什么，方便同事修改。")
    return _move(dossier, "request_changes", by, now, note=note)


def approve(dossier: Dossier, by: str, *, now: datetime, note: str = "") -> Step:
    """Find it right. Four eyes: nobody approves what has a word of theirs since the last publication."""
    _target(dossier, "approve")
    if by in dossier.writers:
        raise EditorialError("four_eyes", "这一版里有您改过的内容，不能自己审核，请换一位同事审核。")
    moved = _move(dossier, "approve", by, now, note=note)
    return replace(moved, after=replace(moved.after, approved_by=by))


def schedule(dossier: Dossier, by: str, *, now: datetime, at: datetime) -> Step:
    """Have it published at a moment (aware); another moment may be named as long as it has not come."""
    _target(dossier, "schedule")
    if at <= now:
        raise EditorialError("time", "定时发布的时间已经过了，请选一个以后的时间，或者直接发布。")
    _refuse_overdue(dossier, beijing_day(at))
    moved = _move(dossier, "schedule", by, now)
    return replace(moved, after=replace(moved.after, publish_at=at))


def unschedule(dossier: Dossier, by: str, *, now: datetime) -> Step:
    """Take the moment back; the approval stays."""
    return _move(dossier, "unschedule", by, now)


def publish(dossier: Dossier, by: str, *, now: datetime) -> Step:
    """Let citizens be answered from the approved version, from now on."""
    _target(dossier, "publish")
    _refuse_overdue(dossier, beijing_day(now))
    floor = dossier.live.version + 1 if dossier.live else 1
    entry = replace(dossier.entry, state="published", version=max(dossier.entry.version, floor))
    after = replace(dossier, entry=entry, live=entry, writers=(), publish_at=None, note="")
    return step_of(dossier, after, "publish", by, now)


def withdraw(dossier: Dossier, by: str, *, now: datetime, note: str) -> Step:
    """Let citizens not be answered from it any more, at once. A version in work stays as it is."""
    if not note.strip():
        raise EditorialError("note", "请写明为什么撤下，方便以后查。")
    return _retire(dossier, "withdraw", "withdrawn", by, now, note)


def expire(dossier: Dossier, *, now: datetime) -> Step:
    """Mark that the last day of what is live has passed; citizens did not get it any more as it was."""
    live = dossier.answering
    if live is not None and (live.valid_until is None or beijing_day(now) <= live.valid_until):
        raise EditorialError("time", "这一条还在有效期内，不用标为过期。")
    return _retire(dossier, "expire", "expired", CLOCK, now, "有效期已过")


def confirm(dossier: Dossier, by: str, *, now: datetime) -> Step:
    """The department's chief representative says that this content is right; an edit makes it void."""
    moved = _move(dossier, "confirm", by, now, keep=True)
    return replace(moved, after=replace(moved.after, confirmed_by=by, confirmed_at=now))


def mark_reviewed(dossier: Dossier, by: str, *, now: datetime, next_on: date) -> Step:
    """Somebody looked and the answer still holds; look again on `next_on`. No word changes: no four eyes."""
    _target(dossier, "review")
    if next_on <= beijing_day(now):
        raise EditorialError("time", "下次复核的日期要在今天以后，请重新选。")
    entry = replace(dossier.entry, review_on=next_on)
    live = replace(dossier.live, review_on=next_on) if dossier.live else None
    return step_of(dossier, replace(dossier, entry=entry, live=live), "review", by, now)


def _target(dossier: Dossier, action: Action) -> EntryState:
    moves = TRANSITIONS[action]
    if dossier.state not in moves:
        name, state = ACTION_NAMES[action], STATE_NAMES[dossier.state]
        raise EditorialError("state", f"“{state}”的条目不能{name}：{ADVICE[dossier.state]}。")
    return moves[dossier.state]


def _move(
    dossier: Dossier, action: Action, by: str, now: datetime, *, note: str = "", keep: bool = False
) -> Step:
    """Change the state alone; with `keep` not even an approval."""
    state = _target(dossier, action)
    moved = replace(dossier, entry=replace(dossier.entry, state=state))
    if not keep:
        moved = replace(moved, note=note.strip()[:NOTE_LIMIT], publish_at=None)
        if state not in {"ready", "scheduled"}:
            moved = replace(moved, approved_by="")
    return step_of(dossier, moved, action, by, now, note=note)


def _write(dossier: Dossier, entry: Entry, by: str, action: Action, now: datetime, note: str) -> Step:
    state = _target(dossier, action)
    if entry.id != dossier.id:
        raise EditorialError("identity", "条目的编号不能改，请另建一条。")
    taken_up = dossier.state in {"expired", "withdrawn"}  # as it was, it may be wanted again
    if content_of(entry) == content_of(dossier.entry) and not taken_up:
        raise EditorialError("unchanged", "内容没有变化，不用保存。")
    version = dossier.live.version + 1 if dossier.live else 1
    writers = dossier.writers if by in dossier.writers else (*dossier.writers, by)
    kept = dossier.note if state == "changes_wanted" else ""
    written = replace(entry, state=state, version=version)
    after = without_approval(replace(dossier, entry=written, author=by, writers=writers, note=kept))
    return step_of(dossier, after, action, by, now, note=note)


def _retire(dossier: Dossier, action: Action, state: EntryState, by: str, now: datetime, note: str) -> Step:
    target = _target(dossier, action)
    if dossier.answering is None:
        raise EditorialError("not_live", f"这一条没有在回答市民，不用{ACTION_NAMES[action]}。")
    live = replace(dossier.answering, state=state)
    entry = live if target == state else dossier.entry
    kept = note.strip()[:NOTE_LIMIT] if target == state else dossier.note
    return step_of(dossier, replace(dossier, entry=entry, live=live, note=kept), action, by, now, note=note)


def _refuse_overdue(dossier: Dossier, day: date) -> None:
    until = dossier.entry.valid_until
    if until is not None and until < day:
        raise EditorialError(
            "time", f"有效期到 {until.year}年{until.month}月{until.day}日为止，发布时已过期，请先修改有效期。"
        )
