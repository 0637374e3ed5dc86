"""Guides: how one matter is done (办事指南), with its scenes (一事多情景).

A guide is a list. A material, a step or a variant without `when` is for everybody; one with `when` is for
those whose answers it fits. The questions are a list, too, each asked when its own condition holds: so a walk
through them always comes to an end, and `knowledge.guide_proof` can go every way there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.conditions import Condition
from knowledge.entries import Audience, Basis

QuestionKind = Literal["single", "several", "yes_no", "number", "date", "place"]


@dataclass(frozen=True, slots=True)
class Material:
    """One thing to bring."""

    name: str
    form: str = "原件"
    """How it is wanted: 原件, 复印件, 原件及复印件, 电子件, 现场填写 …"""
    copies: int = 1
    note: str = ""
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do that not everybody has to do."""

    text: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen."""

    value: str
    """What conditions and addresses call it; stays the same when the label is reworded."""
    label: str
    aliases: tuple[str, ...] = ()
    """What people type instead: `外省`, `外地户口`."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask (情景问题)."""

    id: str
    text: str
    kind: QuestionKind = "single"
    options: tuple[Option, ...] = ()
    """For `single`, `several` and `place`; `yes_no` may give other words to `是` and `否`."""
    none: str = ""
    """For `several`: the label of “none of these”; empty where at least one must be chosen."""
    unit: str = ""
    """For `number`: `年`, `周岁`, `元` …"""
    hint: str = ""
    """One short sentence that helps to answer."""
    when: Condition | None = None
    """Asked only when this holds; it may look at earlier questions alone."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What is different for some: where a field is empty, the guide's own holds."""

    when: Condition
    verdict: str = ""
    """One sentence said first: `只卖包装好的种子不用办许可，备案就行。`"""
    ends: bool = False
    """The matter ends here: there is nothing to bring, and no more questions are asked."""
    department: str = ""
    place: str = ""
    hours: str = ""
    fee: str = ""
    legal_limit: str = ""
    promised_limit: str = ""
    phone: str = ""
    online_url: str = ""
    machines: tuple[str, ...] = ()
    basis: tuple[Basis, ...] = ()


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
    steps: tuple[str | Step, ...] = ()
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
    names: tuple[str, ...] = ()
    """What people call the matter; typing one starts its questions in the chat."""
    formerly: tuple[str, ...] = ()
    """Ids of older guides that this one replaces: their addresses and codes lead here."""
    machines: tuple[str, ...] = ()
    """Self-service machines that can do it, each with its place."""
    questions: tuple[Question, ...] = ()
    variants: tuple[Variant, ...] = ()

    @property
    def has_scenes(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.questions)


def plain_step(step: str | Step) -> Step:
    """A step as a `Step`, however it is written."""
    return Step(step) if isinstance(step, str) else step
