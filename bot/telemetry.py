"""Logs and numbers. No openid, phone, ID number or message text ever stands in either."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Final, Literal

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict, Processor

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)


def frames_only(_: object, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and frames: its message may hold what a citizen wrote."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["frames"] = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return event


class _BrokenRequests(logging.Filter):
    """Turns aiohttp's tracebacks about broken HTTP, which quote what was sent, into one plain line."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, (HttpProcessingError, web.RequestPayloadError, ConnectionError)):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = f"broken request: {type(error).__name__}", ()
            record.exc_info = record.exc_text = None
        return True


_BROKEN_REQUESTS: Final = _BrokenRequests()


def quiet_broken_requests() -> None:
    """Keep what strangers send in broken requests out of the log. May be called again."""
    logging.getLogger("aiohttp.server").addFilter(_BROKEN_REQUESTS)


def configure_logging(kind: Literal["console", "json"]) -> None:
    """Send our own and the libraries' log lines to standard error in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        frames_only,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if kind == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("pymongo", "jieba", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Metrics:
    """The numbers of one process, on a registry of its own so that tests can make many."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.pushes = Counter(
            "lingjuli_pushes",
            "Requests of the platform, by result.",
            ["channel", "result"],
            registry=self.registry,
        )
        self.turns = Counter(
            "lingjuli_turns",
            "Turns handled, by rule and outcome.",
            ["rule", "outcome"],
            registry=self.registry,
        )
        self.turn_seconds = Histogram(
            "lingjuli_turn_seconds",
            "Time from a push to its reply being ready.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.late = Counter("lingjuli_late_turns", "Turns that missed the deadline.", registry=self.registry)
        self.loop_errors = Counter(
            "lingjuli_loop_errors", "Failures of background loops.", ["loop"], registry=self.registry
        )
        self.outbox = Gauge(
            "lingjuli_outbox_items", "Outbox items by status.", ["status"], registry=self.registry
        )
        self.revision = Gauge("lingjuli_knowledge_revision", "Revision being served.", registry=self.registry)
        self.entries = Gauge("lingjuli_knowledge_entries", "Entries known.", registry=self.registry)
