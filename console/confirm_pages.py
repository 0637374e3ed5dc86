"""Confirming by a link: a department's chief representative looks at one entry and says that it is right.

The link needs no account. It is signed, is about one content, and ends after a week (`knowledge.review`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from console.entries import note_step, ready, wanted_dossier
from console.preview import preview_of
from console.visit import UNPROCESSABLE, Page, Visit, url
from knowledge import editorial
from knowledge.dossiers import Dossier, EditorialError
from knowledge.editorial_store import EditCollisionError
from knowledge.review import Invitation, ReviewLinkError, check_content, invite, sign, verify

LIVES: Final = timedelta(days=7)
PURPOSE: Final = "confirm"
REPRESENTATIVE: Final = "rep:"
"""How somebody who confirmed by a link stands in the history: this and the name."""


async def make_link(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/{id}/invite`: make the link and show it, to be sent by hand."""
    dossier, form = await wanted_dossier(visit), await visit.form()
    visit.demand("entries.write", dossier.entry.department)
    name = form.text("to", "姓名", most=20)
    link = ""
    if not form.problems:
        ends = visit.now + LIVES
        token = sign(invite(dossier, name, expires_at=ends), await visit.deps.keys.key(PURPOSE))
        link = f"{visit.deps.public_url}{url('/confirm/' + token)}"
        await visit.note("entry.invite", f"entry:{dossier.id}", after={"name": name})
    status = UNPROCESSABLE if form.problems else 200
    return visit.page(
        "invite.html", status=status, dossier=dossier, form=form, link=link, to=name, lives=LIVES
    )


async def show(visit: Visit) -> web.StreamResponse:
    """`GET /console/confirm/{token}`: the entry as citizens will get it, and one button."""
    return await _answer(visit, confirm=False)


async def take(visit: Visit) -> web.StreamResponse:
    """`POST /console/confirm/{token}`."""
    return await _answer(visit, confirm=True)


async def _answer(visit: Visit, *, confirm: bool) -> web.Response:
    try:
        invitation, dossier = await _invited(visit)
        by = f"{REPRESENTATIVE}{invitation.to}"
        confirmed = dossier.confirmed_by == by
        if confirm and not confirmed:
            await _confirm(visit, dossier, by, invitation)
            confirmed = True
    except (ReviewLinkError, EditorialError, EditCollisionError) as error:
        return visit.page("confirm.html", status=UNPROCESSABLE, problem=str(error), dossier=None)
    return visit.page(
        "confirm.html",
        problem="",
        dossier=dossier,
        to=invitation.to,
        confirmed=confirmed,
        preview=preview_of(dossier.entry, ready(visit), visit.deps.public_url),
    )


async def _invited(visit: Visit) -> tuple[Invitation, Dossier]:
    """What the link is about. Raises `ReviewLinkError` when it is no good, or not any more."""
    key = await visit.deps.keys.key(PURPOSE)
    invitation = verify(visit.request.match_info["token"], key, now=visit.now)
    dossier = await visit.deps.editorial.get(invitation.entry_id, now=visit.now)
    if dossier is None:
        raise ReviewLinkError("这一条问答已经删除，不用确认了。")
    check_content(invitation, dossier)
    return invitation, dossier


async def _confirm(visit: Visit, dossier: Dossier, by: str, invitation: Invitation) -> None:
    step = editorial.confirm(dossier, by, now=visit.now)
    await visit.deps.editorial.save(step)
    await note_step(replace(visit, staff=None), step)
    await visit.note("entry.confirmed_by_link", f"entry:{dossier.id}", after={"name": invitation.to})


PAGES: Final = (
    Page("POST", "/entries/{id}/invite", "entries.write", make_link, "entries"),
    Page("GET", "/confirm/{token}", "anyone", show),
    Page("POST", "/confirm/{token}", "anyone", take),
)
