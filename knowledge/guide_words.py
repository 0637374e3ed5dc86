"""Conditions in the words of citizens: whom a material, a step or a variant is for. Pure."""

from __future__ import annotations

from typing import assert_never

from knowledge.conditions import (
    AllOf,
    AnyOf,
    Before,
    Condition,
    Contains,
    Equals,
    LessThan,
    Minimum,
    NoneOf,
    OneOf,
    Simple,
)
from knowledge.guide_scenes import NO, YES
from knowledge.guides import Guide, Question


def who_for(guide: Guide, condition: Condition | None) -> str:
    """`外省户口`, `不到 16 周岁，且急用`; empty for what is for everybody."""
    match condition:
        case None:
            return ""
        case AllOf(parts):
            return "，且".join(_grouped(guide, each) for each in parts)
        case AnyOf(parts):
            return "，或".join(_grouped(guide, each) for each in parts)
        case NoneOf(parts):
            return f"除“{'、'.join(who_for(guide, each) for each in parts)}”外"
        case _:
            return _named(guide, condition)


def _grouped(guide: Guide, condition: Condition) -> str:
    text = who_for(guide, condition)
    return f"（{text}）" if isinstance(condition, AllOf | AnyOf) else text


def _named(guide: Guide, leaf: Simple) -> str:
    question = next((each for each in guide.questions if each.id == leaf.question), None)
    if question is None:
        return ""
    match leaf:
        case Equals(equals=value) | Contains(contains=value):
            return label_of(question, value)
        case OneOf(one_of=values):
            return "或".join(label_of(question, value) for value in values)
        case Minimum(at_least=least):
            return f"{least} {question.unit}及以上"
        case LessThan(less_than=limit):
            return f"不到 {limit} {question.unit}"
        case Before(before=day):
            return f"{day.year}年{day.month}月{day.day}日以前"
        case _:
            assert_never(leaf)


def label_of(question: Question, value: str) -> str:
    """An answer in words that are clear without their question: a bare 是 or 否 brings it along."""
    label = next((each.label for each in question.options if each.value == value), value)
    return f"{question.text.rstrip('？?')}：{label}" if label in {YES, NO} else label
