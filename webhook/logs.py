"""Logs for machines and people: one JSON object a line, on standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


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
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """Named values for a log line: `logger.info("reviewed", extra=fields(uid=uid))`."""
    return {"fields": values}


def configure_logging() -> None:
    """Send every logger of the process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # The service reports its own start and end; uvicorn's lines tell people at a terminal to press keys.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
