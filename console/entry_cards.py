"""What waits at the clerks' desk, for the home page."""

from __future__ import annotations

from console.cards import Card
from console.entries import scope_of
from console.visit import Visit, url
from knowledge.editorial_store import Wanted
from rendering.templating import beijing_date


async def waiting_card(visit: Visit) -> Card | None:
    """Entries that wait for this person: to be reviewed, mended, published, or looked at again."""
    if not visit.may("entries.read"):
        return None
    counts = await visit.deps.editorial.counts(scope_of(visit.me))
    due = await visit.deps.editorial.find(
        Wanted(departments=scope_of(visit.me), review_by=beijing_date(visit.now), order="review"),
        now=visit.now,
    )
    rows = (
        ("entries.review", "等待审核", counts.get("in_review", 0), url("/entries", state="in_review")),
        (
            "entries.write",
            "退回待修改",
            counts.get("changes_wanted", 0),
            url("/entries", state="changes_wanted"),
        ),
        ("entries.write", "没写完的草稿", counts.get("draft", 0), url("/entries", state="draft")),
        ("entries.publish", "审核通过、待发布", counts.get("ready", 0), url("/entries", state="ready")),
        ("entries.review", "该复核了", due.total, url("/entries", due="1")),
    )
    waiting = [(name, count, where) for needs, name, count, where in rows if count and visit.may(needs)]  # type: ignore[arg-type]
    return Card("waiting", "等您处理", "entry_card.html", {"rows": waiting})
