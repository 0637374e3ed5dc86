"""The link by which a chief representative confirms an entry: signed, ended by time, bound to the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import editorial
from knowledge.review import Invitation, ReviewLinkError, check_content, invite, sign, verify
from tests.unit.knowledge.desk import ENTRY, NOW, TOMORROW, WANG, act, in_state

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
INVITATION = invite(in_state("in_review"), "王代表", expires_at=TOMORROW)
TOKEN = sign(INVITATION, KEY)


def test_a_link_is_read_back_until_it_ends() -> None:
    assert verify(TOKEN, KEY, now=NOW) == INVITATION
    assert verify(TOKEN, KEY, now=TOMORROW - timedelta(seconds=1)) == INVITATION
    with pytest.raises(ReviewLinkError, match="11月24日 16:00 失效"):
        verify(TOKEN, KEY, now=TOMORROW)


def test_the_link_of_another_hall_is_refused() -> None:
    with pytest.raises(ReviewLinkError, match="不正确"):
        verify(TOKEN, OTHER_KEY, now=NOW)
    with pytest.raises(ValueError, match="32 bytes"):
        sign(INVITATION, b"short")


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_.=\n中"))
def test_one_bent_character_is_enough(place: int, letter: str) -> None:
    bent = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if bent != TOKEN:
        with pytest.raises(ReviewLinkError):
            verify(bent, KEY, now=NOW)


@given(st.text(max_size=1200))
def test_whatever_is_sent_is_refused_in_a_sentence(token: str) -> None:
    with pytest.raises(ReviewLinkError):
        verify(token, KEY, now=NOW)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_name_passes_through_an_address(name: str) -> None:
    token = sign(replace(INVITATION, to=name), KEY)
    assert verify(token, KEY, now=NOW).to == name
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_it_confirms_these_words_in_whatever_state_and_no_others() -> None:
    dossier = in_state("in_review")
    check_content(INVITATION, dossier)
    ready = act(dossier, "approve").after
    check_content(INVITATION, ready)
    recalled = act(ready, "recall").after
    edited = editorial.edit(recalled, replace(ENTRY, answer="改过"), WANG, now=NOW).after
    with pytest.raises(ReviewLinkError, match="又改过"):
        check_content(INVITATION, edited)
    with pytest.raises(ReviewLinkError):
        check_content(Invitation("other", INVITATION.content, "王", TOMORROW), dossier)
