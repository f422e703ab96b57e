"""The JSON document of `status.error` (contract part 1.9), written and read."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from controller.flink.stack_trace import Throwable, throwables
from controller.observation import Problem
from shared.config.collections import parse_map
from shared.config.operator_options import (
    ERROR_CAUSES,
    ERROR_FIELD_LENGTH,
    ERROR_HAS_STACK_TRACE,
    ERROR_LABELS,
    ERROR_STACK_TRACE_LENGTH,
)
from shared.config.options import is_true
from shared.config.registry import Option
from shared.model.status import CommonStatus


def error_document(problem: Problem, configuration: Mapping[str, str]) -> str:
    """The problem, with the exceptions behind it where there are any; `configuration` is the operator's."""
    chain = throwables(problem.stack_trace)
    length = _whole(ERROR_FIELD_LENGTH, configuration)
    document: dict[str, Any] = {
        "type": (chain[0].type if chain else "")[:length] or problem.reason,
        "message": problem.message[:length],
    }
    if chain and is_true(ERROR_HAS_STACK_TRACE.read(configuration)):
        document["stackTrace"] = problem.stack_trace[: _whole(ERROR_STACK_TRACE_LENGTH, configuration)]
    document["additionalMetadata"] = {"reason": problem.reason}
    labels = _labels(problem, chain, configuration)
    if labels:
        document["additionalMetadata"]["labels"] = labels
    causes = chain[1 : 1 + _whole(ERROR_CAUSES, configuration)]
    document["throwableList"] = [
        {"type": cause.type[:length], "message": cause.message[:length]} for cause in causes
    ]
    return orjson.dumps(document).decode()


def recorded_problem(status: CommonStatus) -> Problem | None:
    """What `status.error` says."""
    if status.error is None:
        return None
    try:
        document = orjson.loads(status.error)
        reason = (document.get("additionalMetadata") or {}).get("reason") or document["type"]
        return Problem(str(reason), str(document["message"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # another operator's plain text, which says nothing about an attempt of ours


def _labels(problem: Problem, chain: tuple[Throwable, ...], configuration: Mapping[str, str]) -> list[str]:
    mapper = parse_map(ERROR_LABELS.read(configuration) or "", reads_yaml=True)
    texts = [problem.message, *(one.message for one in chain)]
    return [
        label
        for expression, label in mapper.items()
        if any(re.search(expression, text) is not None for text in texts)
    ]


def _whole(option: Option, configuration: Mapping[str, str]) -> int:
    return max(0, int(option.read(configuration) or 0))
