"""The hall's own menu in MongoDB (`wechat.own_menu.MenuStore`): one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from storage.documents import dump, load
from storage.mongo import Document, border
from wechat.own_menu import OwnMenu

_ID: Final = "menu"
_MENU: Final = TypeAdapter(OwnMenu)


@dataclass(frozen=True, slots=True)
class MongoMenuStore:
    """Keeps one menu."""

    menus: AsyncCollection[Document]

    @border()
    async def get(self) -> OwnMenu | None:
        """What was saved last; None when nothing was."""
        found = await self.menus.find_one({"_id": _ID})
        return load(_MENU, found, name="menus/menu") if found is not None else None

    @border()
    async def save(self, menu: OwnMenu) -> bool:
        """Store a changed menu; False when somebody else has saved one since (`revision`)."""
        document = {**dump(menu), "_id": _ID, "revision": menu.revision + 1}
        if menu.revision == 0:
            try:
                await self.menus.insert_one(document)
            except DuplicateKeyError:
                return False
            return True
        key = {"_id": _ID, "revision": menu.revision}
        return (await self.menus.replace_one(key, document)).matched_count == 1
