"""A card of the home page: what a part of the console has to tell this person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """A heading and a template that is included below it, with the card at hand as `card`."""

    key: str
    """Names the card in the page (letters only)."""
    title: str
    template: str
    values: Mapping[str, Any]
