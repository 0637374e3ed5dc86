"""A guide's questions answered on the page, without script, to the one-time notice with its own address.

A choice is a plain link. Numbers, dates and several choices are sent by `POST` and answered with a redirect:
what stands in addresses, histories and logs is the code of the branches, never what somebody typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import segno
from aiohttp import web
from markupsafe import Markup

from knowledge.guide_map import draw
from knowledge.guide_reading import read_answer
from knowledge.guide_scenes import (
    StaleAnswersError,
    Walk,
    begin,
    branches,
    notice,
    resume,
    take,
)
from knowledge.guides import Guide, Question
from knowledge.snapshot import Snapshot
from pages.site import Site, is_large
from rendering.templating import page_url

ANSWER_CHARACTERS: Final = 40
LINKED: Final = frozenset({"single", "place", "yes_no"})
"""Kinds of questions whose answers are links; the others are forms."""
NOINDEX: Final = {"X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class _GuidePages:
    site: Site
    public_url: str

    async def question(self, request: web.Request) -> web.Response:
        """`GET /guides/{id}/scene/{code}`: the next question, or the way to the notice."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        guide = _guide(request, snapshot)
        if guide is None or not guide.has_scenes:
            return self.site.missing(request, snapshot, what="这份办事指南")
        walk = _walk(request, guide)
        if walk is None:
            return self._ask(request, snapshot, guide, begin(guide), changed=True)
        if walk.question is None:
            raise web.HTTPFound(_address(request, guide, "notice", walk))
        return self._ask(request, snapshot, guide, walk)

    async def answer(self, request: web.Request) -> web.Response:
        """`POST /guides/{id}/scene/{code}`: take a typed answer and lead on."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        guide = _guide(request, snapshot)
        if guide is None or not guide.has_scenes:
            return self.site.missing(request, snapshot, what="这份办事指南")
        walk = _walk(request, guide)
        if walk is None or walk.question is None:
            return self._ask(request, snapshot, guide, begin(guide), changed=True)
        form = await request.post()
        ticked = [str(each)[:ANSWER_CHARACTERS] for each in form.getall("answer", [])]
        said = " ".join(ticked) or walk.question.none
        branch = read_answer(guide, walk.question, said, self.site.today)
        if branch is None:
            return self._ask(request, snapshot, guide, walk, unread=True)
        after = take(guide, walk, branch)
        raise web.HTTPSeeOther(_address(request, guide, "scene" if after.question else "notice", after))

    async def notice(self, request: web.Request) -> web.Response:
        """`GET /guides/{id}/notice/{code}`: what this case needs, to keep and to print."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        guide = _guide(request, snapshot)
        if guide is None or not guide.has_scenes:
            return self.site.missing(request, snapshot, what="这份办事指南")
        walk = _walk(request, guide)
        if walk is None:
            return self._ask(request, snapshot, guide, begin(guide), changed=True)
        if walk.question is not None:
            raise web.HTTPFound(_address(request, guide, "scene", walk))
        found = notice(guide, walk)
        address = self._origin(request) + page_url("/guides", guide.id, "notice", walk.code)
        response = self.site.page(
            request,
            snapshot,
            "notice.html",
            guide=guide,
            notice=found,
            taken=_taken(request, guide, walk),
            department=snapshot.departments.get(found.department),
            code=_code(address),
        )
        response.headers.update(NOINDEX)
        return response

    async def map(self, request: web.Request) -> web.Response:
        """`GET /guides/{id}/map`: the same questions as a picture, for the wall (`?paper=a3`)."""
        snapshot = self.site.snapshots.current
        if snapshot is None:
            return self.site.not_ready(request)
        guide = _guide(request, snapshot)
        if guide is None or not guide.has_scenes:
            return self.site.missing(request, snapshot, what="这份情景图")
        paper = "a3" if request.query.get("paper") == "a3" else "a4"
        address = self._origin(request) + page_url("/guides", guide.id, "scene")
        picture = Markup(draw(guide))  # noqa: S704 - `draw` escapes every text
        return self.site.page(
            request,
            snapshot,
            "guide_map.html",
            guide=guide,
            picture=picture,
            paper=paper,
            code=_code(address),
        )

    def _origin(self, request: web.Request) -> str:
        return self.public_url or str(request.url.origin())

    def _ask(
        self,
        request: web.Request,
        snapshot: Snapshot,
        guide: Guide,
        walk: Walk,
        *,
        changed: bool = False,
        unread: bool = False,
    ) -> web.Response:
        question = walk.question
        if question is None:
            raise web.HTTPFound(_address(request, guide, "notice", walk))
        response = self.site.page(
            request,
            snapshot,
            "guide_question.html",
            status=422 if unread else 200,
            guide=guide,
            question=question,
            taken=_taken(request, guide, walk),
            links=_links(request, guide, walk, question) if question.kind in LINKED else (),
            action=_address(request, guide, "scene", walk),
            changed=changed,
            unread=unread,
        )
        response.headers.update(NOINDEX)
        return response


def _guide(request: web.Request, snapshot: Snapshot) -> Guide | None:
    """The guide of the address; an address of one that was replaced leads to its successor."""
    asked = request.match_info["id"]
    guide = snapshot.guide(asked)
    if guide is not None and guide.id != asked:
        raise web.HTTPMovedPermanently(page_url("/guides", guide.id, "scene", large=is_large(request)))
    return guide


def _walk(request: web.Request, guide: Guide) -> Walk | None:
    """Where the address stands; None when its answers don't fit the questions any more."""
    code = request.match_info.get("code", "")
    try:
        return resume(guide, code) if code else begin(guide)
    except StaleAnswersError:
        return None


def _address(request: web.Request, guide: Guide, page: str, walk: Walk) -> str:
    return page_url("/guides", guide.id, page, walk.code, large=is_large(request))


def _links(request: web.Request, guide: Guide, walk: Walk, question: Question) -> list[tuple[str, str]]:
    """Each answer with the address that it leads to."""
    found = []
    for place, branch in enumerate(branches(guide, question)):
        after = take(guide, walk, place)
        found.append((branch.label, _address(request, guide, "scene" if after.question else "notice", after)))
    return found


def _taken(request: web.Request, guide: Guide, walk: Walk) -> list[tuple[str, str, str]]:
    """Question, answer, and the address where it can be answered differently."""
    start = begin(guide).code
    return [
        (
            question.text,
            branch.label,
            page_url(
                "/guides",
                guide.id,
                "scene",
                walk.code[: len(start) + place],
                large=is_large(request),
            ),
        )
        for place, (question, branch) in enumerate(walk.taken)
    ]


def _code(address: str) -> Markup:
    """A QR code as a picture that scales (SVG has no text of ours in it)."""
    picture = segno.make(address, error="m", micro=False)
    return Markup(picture.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


def routes(site: Site, public_url: str) -> list[web.AbstractRouteDef]:
    """The pages of guides with scenes."""
    pages = _GuidePages(site, public_url)
    return [
        web.get("/guides/{id}/scene", pages.question),
        web.get("/guides/{id}/scene/{code}", pages.question),
        web.post("/guides/{id}/scene/{code}", pages.answer),
        web.get("/guides/{id}/notice/{code}", pages.notice),
        web.get("/guides/{id}/map", pages.map),
    ]
