"""What the desk makes of changes that came past it: seed, import and replace of the knowledge base. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from knowledge.dossiers import IMPORT, Dossier, Step, at_rest, content_of, step_of, without_approval
from knowledge.entries import Entry, EntryState


def adopt(dossier: Dossier | None, found: Entry | None, *, now: datetime) -> Step | None:
    """Follow a change that came past the desk: seed, import or replace left `found` in the knowledge base.

    None when there is nothing to follow. Nothing that a clerk wrote is lost: a version in work stays,
    but what was in review, approved or scheduled goes back, because it was judged against another text.
    A dossier at rest takes the new content over; where the entry is gone, it is kept as withdrawn.
    """
    if dossier is None:
        return _adopt_new(found, now) if found is not None else None
    if dossier.live == found:
        return None
    if dossier.in_work and not _same(dossier.entry, dossier.live) and not _same(dossier.entry, found):
        return _adopt_beside(dossier, found, now)
    if found is None:
        entry, note = replace(dossier.entry, state="withdrawn"), "整体替换知识库时，新文件里没有这一条"
    else:
        entry, note = at_rest(found), "导入的内容替换了原来的内容"
    after = without_approval(replace(dossier, entry=entry, live=found, writers=(), note=note))
    return step_of(dossier, after, "import", IMPORT, now, note=note)


def _adopt_new(found: Entry, now: datetime) -> Step:
    return step_of(None, Dossier(at_rest(found), live=found, author=IMPORT), "import", IMPORT, now)


def _adopt_beside(dossier: Dossier, found: Entry | None, now: datetime) -> Step:
    note = "整体替换知识库时已发布的内容没有了，您的修改还在"
    version = dossier.entry.version
    if found is not None:
        note, version = "已发布的内容被导入的内容替换，请对照后再提交", found.version + 1
    judged = dossier.state in {"in_review", "ready", "scheduled"}
    state: EntryState = "changes_wanted" if judged else dossier.state
    entry = replace(dossier.entry, state=state, version=version)
    after = without_approval(replace(dossier, entry=entry, live=found, note=note))
    return step_of(dossier, after, "import", IMPORT, now, note=note, entry=found)


def _same(entry: Entry, other: Entry | None) -> bool:
    """Whether the words are the same: an imported draft, say, is in work, but is nobody's work."""
    return other is not None and content_of(entry) == content_of(other)
