"""Accounts, sessions and the audit log in MongoDB (`helpdesk.staff`, `helpdesk.audit`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from helpdesk.audit import KEEP_DAYS, AuditEvent
from helpdesk.staff import Staff, StaffSession
from storage.documents import dump, load
from storage.mongo import Document, border

_STAFF: Final = TypeAdapter(Staff)
_SESSION: Final = TypeAdapter(StaffSession)
_EVENT: Final = TypeAdapter(AuditEvent)


def _staff(document: Document) -> Staff:
    return load(_STAFF, {"id": document["_id"], **document}, name=f"staff/{document['_id']}")


def _session(document: Document) -> StaffSession:
    return load(_SESSION, {"id": document["_id"], **document}, name="staff_sessions/…")


@dataclass(frozen=True, slots=True)
class MongoStaffStore:
    """Keeps accounts, sessions (until they run out) and failed attempts (until they are forgotten)."""

    staff: AsyncCollection[Document]
    staff_sessions: AsyncCollection[Document]
    attempts: AsyncCollection[Document]

    @border()
    async def add(self, staff: Staff) -> bool:
        """Store a new account; False when the login is taken."""
        fields: Document = dump(staff)
        try:
            await self.staff.insert_one({"_id": fields.pop("id"), **fields})
        except DuplicateKeyError:
            return False
        return True

    @border()
    async def get(self, staff_id: str) -> Staff | None:
        """One account."""
        found = await self.staff.find_one({"_id": staff_id})
        return _staff(found) if found is not None else None

    @border()
    async def by_login(self, login: str) -> Staff | None:
        """The account of a login."""
        found = await self.staff.find_one({"login": login})
        return _staff(found) if found is not None else None

    @border()
    async def everyone(self) -> tuple[Staff, ...]:
        """All accounts, by login."""
        return tuple([_staff(each) async for each in self.staff.find().sort("login", ASCENDING)])

    @border()
    async def save(self, staff: Staff) -> bool:
        """Store a changed account; False when somebody else has changed it since (`revision`).

        The last used code is left alone: `use_code` keeps it.
        """
        fields: Document = dump(staff)
        revision = fields.pop("revision")
        key = {"_id": fields.pop("id"), "revision": revision}
        fields.pop("totp_step")
        result = await self.staff.update_one(key, {"$set": {**fields, "revision": revision + 1}})
        return result.matched_count == 1

    @border()
    async def use_code(self, staff_id: str, step: int) -> bool:
        """Note that the code of a time step was used; False when it, or a later one, was used before."""
        older = {"_id": staff_id, "totp_step": {"$lt": step}}
        result = await self.staff.update_one(older, {"$set": {"totp_step": step}})
        return result.matched_count == 1

    @border()
    async def open_session(self, session: StaffSession) -> None:
        """Store a session."""
        fields: Document = dump(session)
        await self.staff_sessions.insert_one(
            {"_id": fields.pop("id"), **fields, "expire_at": session.expires_at}
        )

    @border()
    async def session(self, session_id: str) -> StaffSession | None:
        """One session, also when it has run out."""
        found = await self.staff_sessions.find_one({"_id": session_id})
        return _session(found) if found is not None else None

    @border()
    async def save_session(self, session: StaffSession) -> None:
        """Store a changed session; one that was ended stays ended."""
        fields: Document = dump(session)
        key = {"_id": fields.pop("id")}
        await self.staff_sessions.update_one(key, {"$set": {**fields, "expire_at": session.expires_at}})

    @border()
    async def sessions(self, staff_id: str) -> tuple[StaffSession, ...]:
        """All sessions of an account, the newest first."""
        found = self.staff_sessions.find({"staff_id": staff_id}).sort("created_at", DESCENDING)
        return tuple([_session(each) async for each in found])

    @border()
    async def end_session(self, session_id: str, *, staff_id: str) -> bool:
        """End one session of an account."""
        result = await self.staff_sessions.delete_one({"_id": session_id, "staff_id": staff_id})
        return result.deleted_count == 1

    @border()
    async def end_sessions(self, staff_id: str, *, but: str = "") -> int:
        """End all sessions of an account, but one."""
        result = await self.staff_sessions.delete_many({"staff_id": staff_id, "_id": {"$ne": but}})
        return result.deleted_count

    @border()
    async def failures(self, key: str, now: datetime) -> int:
        """How many failed attempts there were of late."""
        found = await self.attempts.find_one({"_id": key, "expire_at": {"$gt": now}})
        return int(found["count"]) if found is not None else 0

    @border()
    async def count_failure(self, key: str, now: datetime, *, until: datetime) -> int:
        """Count a failed attempt, all of which are forgotten at `until`; returns how many there are."""
        await self.attempts.delete_one({"_id": key, "expire_at": {"$lte": now}})
        found = await self.attempts.find_one_and_update(
            {"_id": key},
            {"$inc": {"count": 1}, "$set": {"expire_at": until}},
            upsert=True,
            return_document=True,
        )
        return int(found["count"]) if found is not None else 0

    @border()
    async def forgive(self, key: str) -> None:
        """Forget failed attempts."""
        await self.attempts.delete_one({"_id": key})


@dataclass(frozen=True, slots=True)
class MongoAuditLog:
    """Keeps the events for `helpdesk.audit.KEEP_DAYS`; offers no way to change one."""

    audit: AsyncCollection[Document]

    @border()
    async def write(self, event: AuditEvent) -> None:
        """Store an event."""
        await self.audit.insert_one({**dump(event), "expire_at": event.at + timedelta(days=KEEP_DAYS)})

    @border()
    async def read(
        self,
        *,
        login: str = "",
        action: str = "",
        target: str = "",
        before: datetime | None = None,
        limit: int = 50,
    ) -> tuple[AuditEvent, ...]:
        """The newest events that match, older than `before`."""
        query: Document = {}
        if login:
            query["login"] = login
        if action:
            query["action"] = action
        if target:
            query["target"] = target
        if before is not None:
            query["at"] = {"$lt": before}
        found = self.audit.find(query).sort([("at", DESCENDING), ("_id", DESCENDING)]).limit(limit)
        return tuple([load(_EVENT, each, name=f"audit/{each['_id']}") async for each in found])
