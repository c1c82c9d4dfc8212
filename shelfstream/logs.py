"""Logging for a whole process; only a composition root calls this."""

import logging
import sys
from enum import StrEnum
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from shelfstream.secrets import KnownSecrets

_QUIET = ("alembic", "asyncio", "fsspec", "httpcore", "httpx", "kafka", "urllib3", "watchfiles")


class LogFormat(StrEnum):
    """How log lines look: for people in a terminal, or one JSON object per line."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def configure_logs(
    form: LogFormat,
    level: LogLevel,
    *,
    process: str = "",
    stream: TextIO | None = None,
    secrets: KnownSecrets | None = None,
) -> None:
    """Send everything that is logged, by libraries too, to ``stream`` (default: standard error).

    Times are UTC. ``process`` is added to every JSON line. Chatty libraries are held at WARNING. Tracebacks never show
    the values of variables, and none of ``secrets`` is written, whoever logs it.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form is LogFormat.JSON:
        shared.append(_Stamped(process))
        traces = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        ending += [traces, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        plain = structlog.dev.plain_traceback
        ending.append(structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=24, exception_formatter=plain))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        _Masked(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=ending), secrets)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))


class _Masked(logging.Formatter):
    """Masks secrets in lines that another formatter has made."""

    def __init__(self, form: logging.Formatter, secrets: KnownSecrets | None) -> None:
        super().__init__()
        self._form = form
        self._secrets = secrets or KnownSecrets()

    def format(self, record: logging.LogRecord) -> str:
        return self._secrets.mask(self._form.format(record))


class _Stamped:
    """Adds the process's name to each line."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if self._process:
            event["process"] = self._process
        return event
