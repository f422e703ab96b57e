"""The wire format of AdmissionReview v1 (admission.k8s.io/v1): requests in, responses out."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from shared.rules import Finding

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"

MOST_LISTED = 100
"""Findings told in one answer: a resource of a wrong shape throughout has as many as it has values."""
RETRY_SECONDS = 1
"""When a client that was refused for overload should ask again."""

Json = Mapping[str, Any]


class MalformedReviewError(Exception):
    """The body is not an AdmissionReview v1; the text is one line that says why and quotes nothing of it."""


class Operation(StrEnum):
    """What is done to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What the API server asks about; objects are raw and may hold any junk."""

    uid: str
    operation: Operation
    group: str
    kind: str
    namespace: str
    name: str
    """Its prefix (metadata.generateName) while the API server has yet to generate it."""
    subresource: str
    dry_run: bool
    bytes: int
    """Of the whole review."""
    obj: Json | None
    """The object as it would be stored; None on DELETE and for most CONNECTs."""
    old: Json | None
    """What it replaces or, on DELETE, what goes away; None on CREATE."""


def parse_review(body: bytes) -> AdmissionRequest:
    """The request in an AdmissionReview. Raises MalformedReviewError."""
    request = _request_of(body)
    uid = request.get("uid")
    if not isinstance(uid, str) or not uid:
        raise MalformedReviewError("request.uid is missing: the API server could not match an answer to it")
    operation = _operation(request)
    obj = _object(request, "object")
    if obj is None and operation in (Operation.CREATE, Operation.UPDATE):
        raise MalformedReviewError(f"request.object is missing: {operation} has nothing to review")
    kind = _mapping(request, "kind")
    return AdmissionRequest(
        uid=uid,
        operation=operation,
        group=_text(kind, "group"),
        kind=_text(kind, "kind"),
        namespace=_text(request, "namespace"),
        name=_text(request, "name") or _text(_mapping(obj or {}, "metadata"), "generateName"),
        subresource=_text(request, "subResource"),
        dry_run=request.get("dryRun") is True,
        bytes=len(body),
        obj=obj,
        old=None if operation is Operation.CREATE else _object(request, "oldObject"),
    )


def allow(
    request: AdmissionRequest, *, warnings: Sequence[Finding] = (), patch: Sequence[Json] = ()
) -> dict[str, Any]:
    """The AdmissionReview that admits the object, changed by a JSON patch if there is one."""
    response: dict[str, Any] = {"uid": request.uid, "allowed": True}
    if patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(orjson.dumps(patch)).decode("ascii")
    return _review(response, warnings)


def deny(
    request: AdmissionRequest, errors: Sequence[Finding], explanation: str, warnings: Sequence[Finding] = ()
) -> dict[str, Any]:
    """The AdmissionReview that refuses the object, with every error as a cause of its own.

    kubectl prints the causes (`field: message`) and not the message when the reason is Invalid; clients that
    know no causes print the message.
    """
    causes = [{"reason": e.code, "field": e.path, "message": _without_path(e)} for e in errors[:MOST_LISTED]]
    details = {"name": request.name, "group": request.group, "kind": request.kind, "causes": causes}
    status = {
        "status": "Failure",
        "code": 422,
        "reason": "Invalid",
        "message": explanation,
        "details": details,
    }
    return _review({"uid": request.uid, "allowed": False, "status": status}, warnings)


def refuse_for_internal_error(request: AdmissionRequest) -> dict[str, Any]:
    """The AdmissionReview that refuses because the review itself failed; the reason is in the log only."""
    message = (
        "the Flink operator's webhook failed while it checked this resource. The fault is the operator's, "
        f"not the resource's: look for uid {request.uid} in the webhook's log and report what it says"
    )
    status = {"status": "Failure", "code": 500, "reason": "InternalError", "message": message}
    return _review({"uid": request.uid, "allowed": False, "status": status})


def refuse_for_size(request: AdmissionRequest, why: str) -> dict[str, Any]:
    """The AdmissionReview that refuses because a review would take too long; `why` is a sentence."""
    status = {"status": "Failure", "code": 413, "reason": "RequestEntityTooLarge", "message": why}
    return _review({"uid": request.uid, "allowed": False, "status": status})


def refuse_for_overload(request: AdmissionRequest, why: str) -> dict[str, Any]:
    """The AdmissionReview that refuses because there is too much to do; `why` is a clause.

    The API server passes the seconds on as Retry-After, and kubectl and the usual clients then ask again by
    themselves.
    """
    message = (
        f"the Flink operator's webhook is overloaded: {why}. Nothing is wrong with the resource: try again "
        f"in {RETRY_SECONDS} s; if it happens often, give the webhook more replicas"
    )
    status = {
        "status": "Failure",
        "code": 429,
        "reason": "TooManyRequests",
        "message": message,
        "details": {
            "name": request.name,
            "group": request.group,
            "kind": request.kind,
            "retryAfterSeconds": RETRY_SECONDS,
        },
    }
    return _review({"uid": request.uid, "allowed": False, "status": status})


def _request_of(body: bytes) -> Json:
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedReviewError(f"the body is not JSON: {error}") from None
    if not isinstance(review, Mapping) or review.get("kind") != KIND:
        raise MalformedReviewError(f"the body is not an {KIND}: POST one of {API_VERSION}")
    if review.get("apiVersion") != API_VERSION:
        raise MalformedReviewError(f"the {KIND} has another apiVersion than {API_VERSION}")
    request = review.get("request")
    if not isinstance(request, Mapping):
        raise MalformedReviewError(f"the {KIND} has no request")
    return request


def _operation(request: Json) -> Operation:
    operation: Any = request.get("operation")
    try:
        return Operation(operation)
    except ValueError:
        raise MalformedReviewError(f"request.operation is none of {', '.join(Operation)}") from None


def _object(request: Json, field: str) -> Json | None:
    value = request.get(field)
    if value is not None and not isinstance(value, Mapping):
        raise MalformedReviewError(f"request.{field} is not an object")
    return value


def _mapping(mapping: Json, field: str) -> Json:
    value = mapping.get(field)
    return value if isinstance(value, Mapping) else {}


def _text(mapping: Json, field: str) -> str:
    value = mapping.get(field)
    return value if isinstance(value, str) else ""


def _review(response: dict[str, Any], warnings: Sequence[Finding] = ()) -> dict[str, Any]:
    if warnings:
        response["warnings"] = [_one_line(str(warning)) for warning in warnings[:MOST_LISTED]]
    return {"apiVersion": API_VERSION, "kind": KIND, "response": response}


def _without_path(finding: Finding) -> str:
    return str(replace(finding, path=""))


def _one_line(text: str) -> str:
    """Warnings travel in an HTTP header; the API server drops those with control characters."""
    return " ".join(text.split())
