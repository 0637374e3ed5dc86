from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk.api_tokens import issue
from helpdesk.staff import Staff
from storage.stores import Stores

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WANG = Staff("1", "wang", "王", ("editor",))


async def test_a_token_is_kept_as_it_is_and_its_secret_is_not(stores: Stores) -> None:
    token, secret = issue(WANG, "报表", ("entries.read", "entries.publish"), now=NOW, days=30)
    await stores.api_tokens.add(token)
    assert await stores.api_tokens.get(token.id) == token
    assert token.permissions == ("entries.read",)  # an editor can't publish, so can't give that away
    assert token.expires_at == NOW + timedelta(days=30)
    assert secret.endswith(token.tail)
    stored = await stores.mongo.collection("api_tokens").find_one({})
    assert secret not in repr(stored)
    assert await stores.api_tokens.get(secret) is None


async def test_tokens_of_one_person_come_newest_first(stores: Stores) -> None:
    tokens = [issue(WANG, str(n), (), now=NOW + timedelta(minutes=n), days=30)[0] for n in range(3)]
    other = issue(replace(WANG, id="2"), "x", (), now=NOW, days=30)[0]
    for token in (*tokens, other):
        await stores.api_tokens.add(token)
    assert await stores.api_tokens.of_staff("1") == tuple(reversed(tokens))


async def test_the_last_use_is_noted_and_brings_no_revoked_token_back(stores: Stores) -> None:
    token, _ = issue(WANG, "x", ("entries.read",), now=NOW, days=30)
    await stores.api_tokens.add(token)
    later = NOW + timedelta(hours=1)
    await stores.api_tokens.touch(token.id, now=later, address="::1")
    assert await stores.api_tokens.get(token.id) == replace(token, used_at=later, used_from="::1")
    assert not await stores.api_tokens.revoke(token.id, staff_id="2")
    assert await stores.api_tokens.revoke(token.id, staff_id="1")
    assert not await stores.api_tokens.revoke(token.id, staff_id="1")
    await stores.api_tokens.touch(token.id, now=later, address="::1")
    assert await stores.api_tokens.get(token.id) is None
