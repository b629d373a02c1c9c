"""Structured logs: a line for people on a terminal, JSON for machines."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

_HAS_RICH = "rich" in sys.modules
if not _HAS_RICH:  # structlog imports rich where it is installed, for tracebacks Seda does not use: 7 MB a process
    sys.modules["rich"] = None  # type: ignore[assignment]

import structlog  # noqa: E402

if not _HAS_RICH:
    del sys.modules["rich"]

from shared.runtime.tracing import current_traceparent  # noqa: E402


def _add_trace(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    traceparent = current_traceparent()
    if traceparent:
        event["trace_id"] = traceparent.split("-")[1]
    return event


def configure(service: str, *, level: str = "info", fmt: Literal["console", "json"] = "json") -> None:
    """Set up logging of this process, for structlog and for libraries that use ``logging``."""
    number = logging.getLevelNamesMapping()[level.upper()]
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if fmt == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "nats"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))
    structlog.contextvars.bind_contextvars(service=service)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; call it with an event name in plain words and keyword fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
