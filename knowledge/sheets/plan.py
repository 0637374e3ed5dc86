"""What an import would do, and doing it: whole or not at all, and never over somebody else's change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Final, Literal

from knowledge.editorial_store import phrasing_key
from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.sheets.cells import text_of
from knowledge.sheets.columns import COLUMNS, header_of, kind_of
from knowledge.sheets.errors import SheetError
from knowledge.sheets.read import MOST_LISTED, STEP, Draft, Mistake, Progress, read_file
from knowledge.sheets.shelves import Shelves
from knowledge.stores import KnowledgeChangedError, KnowledgeStore
from knowledge.writing import Problem, problems_in

Mode = Literal["merge", "replace"]
CHANGED_SINCE: Final = "检查以后知识库又有了改动；什么都没有导入，请重新检查一次再导入。"
_ORDER: Final = {column.header: place for place, column in enumerate(COLUMNS)}
_NEEDED: Final = tuple(each.name for each in fields(Entry) if each.default is MISSING and each.name != "id")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that becomes another, as it would stand in a sheet."""

    field: str
    header: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One entry that is added or changed, and the row that says so."""

    row: int
    after: Entry
    before: Entry | None = None
    """None: the entry is new."""
    fields: tuple[FieldChange, ...] = ()
    """What differs; empty for a new entry."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do with the knowledge base of one revision. With mistakes nothing can be done."""

    mode: Mode
    revision: int
    added: tuple[EntryChange, ...] = ()
    changed: tuple[EntryChange, ...] = ()
    unchanged: int = 0
    missing: tuple[Entry, ...] = ()
    """Entries that the file doesn't name: with `replace` they are removed, with `merge` they stay."""
    errors: tuple[Mistake, ...] = ()
    """At most `MOST_LISTED`, by row."""
    more_errors: int = 0
    """How many there are beside those listed."""

    @property
    def ready(self) -> bool:
        """Whether it can be carried out."""
        return not self.errors

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is to be written."""
        return tuple(each.after for each in (*self.added, *self.changed))

    @property
    def removed(self) -> tuple[Entry, ...]:
        """What is to be removed."""
        return self.missing if self.mode == "replace" else ()

    def lines(self) -> list[str]:
        """Return the mistakes, one line each, with the count of those that are not listed."""
        rest = [f"还有 {self.more_errors} 处错误没有列出。"] if self.more_errors else []
        return [*(each.line for each in self.errors), *rest]


def plan_import(
    name: str,
    data: bytes,
    knowledge: Knowledge,
    *,
    revision: int,
    mode: Mode = "merge",
    progress: Progress | None = None,
) -> ImportPlan:
    """Read a file and compare it with the knowledge base of `revision`; changes nothing.

    `progress` counts each row twice: when it is read, and when it is checked. Raises `SheetError` where the
    file is refused as a whole. CPU-heavy: call it in a thread.
    """
    shelves = Shelves.of(knowledge)
    tell = progress or _nothing
    reading = read_file(name, data, shelves, lambda done, total: tell(done, 2 * total))
    work = _Comparison(knowledge, shelves, list(reading.mistakes))
    for draft in reading.drafts:
        work.take(draft)
    named = work.rows
    missing = tuple(entry for entry in knowledge.entries if entry.id not in named)
    count = len(reading.drafts)
    work.check(
        missing if mode == "replace" else (), lambda done, total: tell(2 * count - total + done, 2 * count)
    )
    tell(2 * count, 2 * count)
    mistakes = sorted(dict.fromkeys(work.mistakes), key=_place)
    return ImportPlan(
        mode=mode,
        revision=revision,
        added=tuple(work.added),
        changed=tuple(work.changed),
        unchanged=work.unchanged,
        missing=missing,
        errors=tuple(mistakes[:MOST_LISTED]),
        more_errors=max(0, len(mistakes) - MOST_LISTED),
    )


def _nothing(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


def _place(mistake: Mistake) -> tuple[int, int]:
    """Return where a clerk meets it: by row, then from left to right."""
    return mistake.row, _ORDER.get(mistake.column, len(_ORDER))


async def apply_plan(store: KnowledgeStore, plan: ImportPlan) -> int:
    """Carry a plan out in one transaction; returns the new revision (the old one where nothing changes).

    Raises `SheetError` where the plan has mistakes, or the knowledge base has changed since it was read.
    """
    if not plan.ready:
        raise SheetError("文件里还有错误；请改好以后再导入。")
    if not plan.entries and not plan.removed:
        return plan.revision
    gone = [entry.id for entry in plan.removed]
    try:
        return await store.exchange_entries(plan.entries, removed=gone, revision=plan.revision)
    except KnowledgeChangedError as error:
        raise SheetError(CHANGED_SINCE) from error


def new_id(question: str, taken: Iterable[str] = ()) -> str:
    """Return an id for a new entry: the same for the same question, so that importing again finds it."""
    used = set(taken)
    base = f"q-{hashlib.sha256(question.encode('utf-8', 'replace')).hexdigest()[:10]}"
    return next(name for name in _numbered(base) if name not in used)


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


class _Comparison:
    """Goes through the drafts and sorts them."""

    def __init__(self, knowledge: Knowledge, shelves: Shelves, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        self.added: list[EntryChange] = []
        self.changed: list[EntryChange] = []
        self.unchanged = 0
        self.rows: dict[str, int] = {}
        """The row of each entry that the file names."""
        self._knowledge = knowledge
        self._known = {entry.id: entry for entry in knowledge.entries}
        self._asked = {entry.question: entry.id for entry in knowledge.entries}
        self._ids = (
            {each.id for each in knowledge.hall.departments},
            {each.id for each in knowledge.hall.categories},
            {each.id for each in knowledge.guides},
        )
        self._kinds = {column.field: kind_of(column, shelves) for column in COLUMNS}

    def take(self, draft: Draft) -> None:
        """Sort one row in."""
        name = draft.values.get("id") or self._found(draft)
        if not name:
            return
        if name in self.rows:
            column, value = ("id", name) if draft.values.get("id") else ("question", draft.values["question"])
            self._wrong(draft.row, column, f"“{value}”和第 {self.rows[name]} 行重复，只留一行")
            return
        self.rows[name] = draft.row
        before = self._known.get(name)
        if before is None and draft.whole:
            self._add(draft, name)
        elif before is not None and draft.whole:
            self._change(draft, before)

    def _found(self, draft: Draft) -> str:
        """Find a row without an id by its question; a new question gives a new id."""
        question = draft.values.get("question", "")
        if not question:
            if draft.whole:
                self._wrong(draft.row, "id", "编号和标准问不能都空着")
            return ""
        return self._asked.get(question) or new_id(question, self._known)

    def _add(self, draft: Draft, name: str) -> None:
        lacking = [field for field in _NEEDED if field not in draft.values]
        for field in lacking:
            self._wrong(draft.row, field, "这是新条目，这一列必须填")
        if not lacking:
            self.added.append(EntryChange(draft.row, Entry(**{**draft.values, "id": name})))

    def _change(self, draft: Draft, before: Entry) -> None:
        values: dict[str, Any] = {**draft.values, "id": before.id}
        after = replace(before, **values)
        if after == before:
            self.unchanged += 1
            return
        differences = tuple(
            FieldChange(field, header_of(field), self._shown(field, before), self._shown(field, after))
            for field in values
            if getattr(before, field) != getattr(after, field)
        )
        self.changed.append(EntryChange(draft.row, after, before, differences))

    def _shown(self, field: str, entry: Entry) -> str:
        return text_of(self._kinds[field].write(getattr(entry, field)))

    def _wrong(self, row: int, field: str, text: str) -> None:
        self.mistakes.append(Mistake(row, header_of(field), text))

    def check(self, removed: Iterable[Entry], progress: Progress) -> None:
        """Find what a clerk would be told in the editor, unless it was so before."""
        gone = {entry.id for entry in removed}
        touched = {change.after.id: change for change in (*self.added, *self.changed)}
        owners = _Owners()
        for entry in self._knowledge.entries:
            if entry.id not in gone and entry.id not in touched:
                owners.add(entry)
        for done, change in enumerate(sorted(touched.values(), key=lambda change: change.row), start=1):
            self._check(change, owners)
            owners.add(change.after, row=change.row)
            if done % STEP == 0:
                progress(done, len(touched))
        for question in self._knowledge.gold:
            for expected in gone.intersection(question.expected):
                text = f"测试问题“{question.text}”要用条目 {expected} 回答，文件里却没有它"
                self.mistakes.append(Mistake(0, "", text))

    def _check(self, change: EntryChange, owners: _Owners) -> None:
        found = self._problems(change.after, owners)
        if found and change.before is not None:
            old = set(self._problems(change.before, owners))
            found = [problem for problem in found if problem not in old]
        for problem in found:
            self._wrong(change.row, problem.field, problem.text.rstrip("。"))

    def _problems(self, entry: Entry, owners: _Owners) -> list[Problem]:
        return problems_in(
            entry,
            departments=self._ids[0],
            categories=self._ids[1],
            guides=self._ids[2],
            taken=owners.taken(entry),
        )


class _Owners:
    """Whose phrasings are whose: an entry that stays comes before a row, and a row before those below it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        """To make a key takes long, and each phrasing is asked for and added."""

    def _key(self, phrasing: str) -> str:
        key = self._keys.get(phrasing)
        if key is None:
            key = self._keys[phrasing] = phrasing_key(phrasing)
        return key

    def add(self, entry: Entry, *, row: int = 0) -> None:
        """Note the phrasings of an entry that were nobody's so far."""
        name = f"{entry.question}（第 {row} 行）" if row else entry.question
        for phrasing in (entry.question, *entry.alternates):
            self._names.setdefault(self._key(phrasing), name)

    def taken(self, entry: Entry) -> dict[str, str]:
        """Return the phrasings of an entry that belong to another one, with what people know that one by."""
        keys = {self._key(phrasing) for phrasing in (entry.question, *entry.alternates)}
        return {key: self._names[key] for key in keys if key in self._names}
