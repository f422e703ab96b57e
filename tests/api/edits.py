"""Edits of resources, and what the API server says to them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from tests.api.api_server import Json, RefusedError

_NOT_ALL_CHECKED = "some validation rules were not checked"


class Cause(NamedTuple):
    """One reason for which the API server refuses an object."""

    field: str
    message: str


def merged(document: Any, patch: Any) -> Any:
    """The document after a JSON merge patch (RFC 7386); both stay as they are."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), change)
    return result


def below(path: str, change: Any) -> Json:
    """A merge patch that changes what is at the path: `spec.job` and {} give {"spec": {"job": {}}}."""
    for name in reversed(path.split(".") if path else ()):
        change = {name: change}
    patch: Json = change
    return patch


def value_at(document: Any, path: str) -> Any:
    """What is at a path of names, all of which are there."""
    for name in path.split(".") if path else ():
        document = document[name]
    return document


def refusal(call: Callable[[], Json]) -> list[Cause]:
    """Why the schema of the call's object refuses it; empty when it accepts."""
    try:
        call()
    except RefusedError as error:
        if error.status["reason"] != "Invalid":
            raise
        causes = error.status["details"]["causes"]
        # What the scale subresource says of its fields begins with a dot.
        found = [Cause(cause["field"].removeprefix("."), cause["message"]) for cause in causes]
        return [cause for cause in found if _NOT_ALL_CHECKED not in cause.message]
    return []
