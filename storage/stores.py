"""All stores of one database, opened and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from handlers.conversation import ConversationStore
from handlers.numbers import NumbersStore
from handlers.turns import TurnStore
from handlers.turnstile import Turnstile
from helpdesk.api_tokens import ApiTokenStore
from helpdesk.audit import AuditLog
from helpdesk.desk_store import DeskStore
from helpdesk.handoffs import HandoffStore
from helpdesk.keys import KeyStore
from helpdesk.staff import StaffStore
from knowledge.editorial_store import EditorialStore
from knowledge.gaps import GapStore
from knowledge.stores import KnowledgeStore
from knowledge.uploads import UploadStore
from storage.api_tokens import MongoApiTokenStore
from storage.batches import InsertBatcher
from storage.consents import MongoConsentStore
from storage.conversations import MongoConversationStore
from storage.desk import MongoDeskStore
from storage.editorial import MongoEditorialStore
from storage.gaps import MongoGapStore
from storage.handoffs import MongoHandoffStore
from storage.keys import MongoKeyStore
from storage.knowledge import MongoKnowledgeStore
from storage.menus import MongoMenuStore
from storage.mongo import Driver, Mongo, connect, ensure_indexes, missing_indexes
from storage.numbers import MongoNumbersStore
from storage.outbox import MongoOutboxStore
from storage.staff import MongoAuditLog, MongoStaffStore
from storage.tokens import MongoTokenStore
from storage.turns import MongoTurnStore
from storage.turnstile import MongoTurnstile
from storage.uploads import MongoUploadStore
from storage.windows import MongoWindowLedger
from wechat.consents import ConsentStore
from wechat.outbox import OutboxStore
from wechat.own_menu import MenuStore
from wechat.tokens import TokenStore
from wechat.windows import WindowLedger

KEEP_DAYS: Final = 180
"""How long what citizens wrote is kept, unless they leave before."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What the other rooms need of the database, each behind its own Protocol."""

    turns: TurnStore
    conversations: ConversationStore
    turnstile: Turnstile
    handoffs: HandoffStore
    numbers: NumbersStore
    desk: DeskStore
    outbox: OutboxStore
    windows: WindowLedger
    consents: ConsentStore
    tokens: TokenStore
    knowledge: KnowledgeStore
    editorial: EditorialStore
    menu: MenuStore
    staff: StaffStore
    api_tokens: ApiTokenStore
    audit: AuditLog
    gaps: GapStore
    uploads: UploadStore
    keys: KeyStore
    mongo: Mongo

    async def ping(self) -> None:
        """Raise `StoreUnavailableError` unless the database answers."""
        await self.mongo.ping()

    async def missing_indexes(self) -> tuple[str, ...]:
        """Indexes that should be there and are not."""
        return await missing_indexes(self.mongo)


@asynccontextmanager
async def stores_of(mongo: Mongo, *, keep_days: int = KEEP_DAYS) -> AsyncIterator[Stores]:
    """The stores of an open connection."""
    turns = mongo.collection("turns")
    outbox = mongo.collection("outbox")
    consents = mongo.collection("consents")
    conversations = mongo.collection("conversations")
    inserts = InsertBatcher(turns)
    turnstile = MongoTurnstile(turns, conversations, keep_days)
    knowledge = MongoKnowledgeStore(mongo)
    try:
        yield Stores(
            turns=MongoTurnStore(mongo, turns, outbox, inserts, keep_days),
            conversations=MongoConversationStore(conversations, keep_days),
            turnstile=turnstile,
            handoffs=MongoHandoffStore(
                mongo.collection("handoffs"), mongo.collection("desk_messages"), keep_days
            ),
            desk=MongoDeskStore(mongo, keep_days),
            numbers=MongoNumbersStore(turns, mongo.collection("handoffs"), mongo.collection("tallies")),
            outbox=MongoOutboxStore(outbox, consents, mongo.collection("receipts"), keep_days),
            windows=MongoWindowLedger(turns, outbox, consents),
            consents=MongoConsentStore(consents),
            tokens=MongoTokenStore(mongo.collection("tokens")),
            knowledge=knowledge,
            editorial=MongoEditorialStore(mongo, knowledge),
            menu=MongoMenuStore(mongo.collection("menus")),
            staff=MongoStaffStore(
                mongo.collection("staff"), mongo.collection("staff_sessions"), mongo.collection("attempts")
            ),
            api_tokens=MongoApiTokenStore(mongo.collection("api_tokens")),
            audit=MongoAuditLog(mongo.collection("audit")),
            keys=MongoKeyStore(mongo.collection("keys")),
            uploads=MongoUploadStore(mongo.collection("uploads")),
            gaps=MongoGapStore(mongo.collection("gaps")),
            mongo=mongo,
        )
    finally:
        await inserts.close()
        await turnstile.close()


@asynccontextmanager
async def open_stores(
    uri: str, database: str, *, driver: Driver = "motor", keep_turns_days: int = KEEP_DAYS
) -> AsyncIterator[Stores]:
    """Connect, make what indexes are missing, and close all at the end.

    Raises `StoreUnavailableError` when the database can't be reached.
    """
    mongo = connect(uri, database, driver=driver)
    try:
        await mongo.ping()  # says so at once when there is no database; building indexes may take long
        await ensure_indexes(mongo)
        async with stores_of(mongo, keep_days=keep_turns_days) as stores:
            yield stores
    finally:
        await mongo.close()
