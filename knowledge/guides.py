"""Guides: how one matter is done (办事指南). One scene for now; several scenes come with their own issue."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.entries import Audience, Basis


@dataclass(frozen=True, slots=True)
class Material:
    """One thing to bring."""

    name: str
    form: str = "原件"
    """How it is wanted: 原件, 复印件, 原件及复印件, 电子件, 现场填写 …"""
    copies: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """What to bring, where to go, what it costs and how long it takes, for one matter."""

    id: str
    title: str
    department: str
    category: str
    summary: str
    audience: Audience = "both"
    conditions: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    steps: tuple[str, ...] = ()
    place: str = ""
    hours: str = ""
    fee: str = ""
    legal_limit: str = ""
    """The time the law allows (法定时限)."""
    promised_limit: str = ""
    """The time the hall promises (承诺时限)."""
    phone: str = ""
    online_url: str = ""
    basis: tuple[Basis, ...] = ()
    version: int = 1
