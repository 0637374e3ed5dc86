"""The first page after signing in: what waits for this person, on cards that other pages lend."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from console import entry_cards, numbers_pages
from console.cards import Card
from console.visit import Page, Visit
from console.words import PERMISSION_NAMES

CARDS: Final[tuple[Callable[[Visit], Awaitable[Card | None]], ...]] = (
    entry_cards.waiting_card,
    numbers_pages.today_card,
)
"""In the order of the page. A new card is a function here and a template of its own; None: not for them."""


async def show_home(visit: Visit) -> web.StreamResponse:
    """`GET /console`."""
    made = await asyncio.gather(*(card(visit) for card in CARDS))
    allowed = [name for key, name in PERMISSION_NAMES.items() if visit.may(key)]
    return visit.page("home.html", cards=[card for card in made if card is not None], allowed=allowed)


PAGES: Final = (Page("GET", "", "own", show_home, "home"),)
