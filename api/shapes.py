"""Pieces that the API's bodies are made of."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from knowledge.writing import ADDRESS_LIMIT, NAME_LIMIT

ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
SOME_LINES: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
ID: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
MOST_PAGES: Final = 1_000_000

Line = Annotated[str, Field(pattern=ONE_LINE, max_length=NAME_LIMIT)]
Address = Annotated[str, Field(pattern=ONE_LINE, max_length=ADDRESS_LIMIT)]
Name = Annotated[str, Field(pattern=rf"^({ID})?$")]
"""An id, or nothing."""


class Strict(BaseModel):
    """What is sent to us: fields that we don't know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What we answer."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, json_schema_serialization_defaults_required=True
    )


class LinkShape(BaseModel):
    """A title that opens an address."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)
    title: Line
    url: Address


class BasisShape(BaseModel):
    """The document that something rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)
    name: Line
    number: Line = ""
    url: Address = ""


class Paged(Strict):
    """Which page of a list."""

    page: int = Field(1, ge=1, le=MOST_PAGES, description="第几页，从 1 开始。")
