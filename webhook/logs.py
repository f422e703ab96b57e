"""Logs for machines and people: one JSON object a line, on standard error.

Nothing that a user wrote may get here but the names of resources: resources can hold secrets. Exceptions are
logged without their texts, because those quote what they failed on.
"""

import asyncio
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import IO, Any

import orjson

_LONGEST_CHAIN = 10


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a traceback is a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time (UTC), level, logger, message and fields."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = _traceback_without_texts(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class TogetherHandler(logging.Handler):
    """Writes what one turn of the event loop logs in one go; warnings, and all outside of a loop, at once."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self._stream = stream
        self._waiting: list[str] = []
        self._writer: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and see to its being written."""
        try:
            self._waiting.append(self.format(record))
            loop = _running_loop()
            if loop is None or record.levelno >= logging.WARNING:
                self.flush()
            elif loop is not self._writer:
                self._writer = loop
                loop.call_soon(self.flush)
        except Exception:  # noqa: BLE001 - a log that fails must not fail what it tells of
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        self.acquire()
        try:
            lines, self._waiting, self._writer = self._waiting, [], None
            if lines:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
        finally:
            self.release()


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """Named values for a log line: `logger.info("reviewed", extra=fields(uid=uid))`."""
    return {"fields": values}


def configure_logging() -> None:
    """Send every logger of the process to standard error."""
    handler = TogetherHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    # What no line shows, and what would be looked up for each all the same.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # The service reports its own start and end; uvicorn's lines tell people at a terminal to press keys.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _traceback_without_texts(error: BaseException) -> str:
    """Where the exception came from and its type, and before it those of what caused it."""
    parts: list[str] = []
    link: BaseException | None = error
    while link is not None and len(parts) < _LONGEST_CHAIN:
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{frames}{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(reversed(parts))
