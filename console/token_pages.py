"""Tokens of the API: made, listed and revoked by their owner. A secret is shown once and never again."""

from __future__ import annotations

from typing import Final, cast

from aiohttp import web

from console.visit import UNPROCESSABLE, Page, Visit
from console.words import PERMISSION_NAMES
from helpdesk.api_tokens import LIFETIMES_DAYS, MOST_TOKENS, ApiToken, grantable, issue
from helpdesk.staff import Permission
from rendering.forms import Form

NAME_LENGTH: Final = 30


async def show_tokens(visit: Visit) -> web.StreamResponse:
    """`GET /console/me/tokens`."""
    return await _page(visit, Form.filled(permissions=("entries.read",), days="90"))


async def make_token(visit: Visit) -> web.StreamResponse:
    """`POST /console/me/tokens`: the answer shows the secret, once."""
    form = await visit.form()
    name = form.text("name", "用途", most=NAME_LENGTH)
    wanted = form.choices("permissions", "权限", grantable(visit.me), needed=True)
    days = form.choice("days", "有效期", [str(each) for each in LIFETIMES_DAYS])
    if not form.problems and len(await _live(visit)) >= MOST_TOKENS:
        form.problems[""] = f"一个人最多有 {MOST_TOKENS} 个令牌，请先撤销不用的。"
    if form.problems:
        return await _page(visit, form, status=UNPROCESSABLE)
    token, secret = issue(
        visit.me, name, cast("tuple[Permission, ...]", wanted), now=visit.now, days=int(days)
    )
    await visit.deps.api_tokens.add(token)
    await visit.note("token.add", f"token:{token.id}", after=_told(token))
    fresh = Form.filled(permissions=("entries.read",), days="90")
    return await _page(visit, fresh, secret=secret, secret_name=name)


async def revoke_token(visit: Visit) -> web.StreamResponse:
    """`POST /console/me/tokens/{id}/revoke`."""
    found = await visit.deps.api_tokens.get(visit.request.match_info["id"])
    if found is not None and await visit.deps.api_tokens.revoke(found.id, staff_id=visit.me.id):
        await visit.note("token.revoke", f"token:{found.id}", before=_told(found))
    return visit.go("/me/tokens", done="token_revoked")


async def _live(visit: Visit) -> list[ApiToken]:
    found = await visit.deps.api_tokens.of_staff(visit.me.id)
    return [each for each in found if each.expires_at > visit.now]


async def _page(
    visit: Visit, form: Form, *, status: int = 200, secret: str = "", secret_name: str = ""
) -> web.Response:
    return visit.page(
        "tokens.html",
        status=status,
        form=form,
        tokens=await _live(visit),
        grantable=[(each, PERMISSION_NAMES[each]) for each in grantable(visit.me)],
        permission_names=PERMISSION_NAMES,
        lifetimes=LIFETIMES_DAYS,
        secret=secret,
        secret_name=secret_name,
    )


def _told(token: ApiToken) -> dict[str, str]:
    return {
        "token_name": token.name,
        "token_permissions": "、".join(PERMISSION_NAMES[each] for each in token.permissions),
    }


PAGES: Final = (
    Page("GET", "/me/tokens", "own", show_tokens, "me"),
    Page("POST", "/me/tokens", "own", make_token, "me"),
    Page("POST", "/me/tokens/{id}/revoke", "own", revoke_token, "me"),
)
