"""AdmissionReviews for tests, and an application that answers them without sockets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from starlette.types import ASGIApp

from shared.rules import Finding, Verdict
from webhook.app import Check, create_app
from webhook.endpoint import Bounds, Desk
from webhook.metrics import Metrics
from webhook.reviewer import Reviewer

CONFIDENTIAL = "s3cr3t-value"
ENDPOINTS = ("/validate", "/mutate")


def reviewer_saying(*errors: Finding, warnings: tuple[Finding, ...] = ()) -> Reviewer:
    """A reviewer with a fixed verdict and nothing to patch."""
    return Reviewer(review=lambda _obj, _old: Verdict(errors, warnings), default_patch=lambda _obj: [])


def broken_review(_obj: object, _old: object) -> Verdict:
    raise RuntimeError(CONFIDENTIAL)


UNREACHABLE = Reviewer(review=broken_review)
"""A reviewer for requests that must not come to a review."""


def admission_review(**changes: Any) -> dict[str, Any]:
    """An AdmissionReview that creates a FlinkDeployment; changes replace fields of its request."""
    request: dict[str, Any] = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "flink.apache.org", "version": "v1beta1", "kind": "FlinkDeployment"},
        "resource": {"group": "flink.apache.org", "version": "v1beta1", "resource": "flinkdeployments"},
        "operation": "CREATE",
        "namespace": "default",
        "name": "basic",
        "userInfo": {"username": "someone"},
        "object": resource(),
    }
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {name: value for name, value in (request | changes).items() if value is not ...},
    }


def resource(labels: Mapping[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    """A FlinkDeployment with little in it."""
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {"name": "basic", "namespace": "default", "labels": labels or {}, **metadata},
        "spec": {"flinkConfiguration": {"s3.secret-key": CONFIDENTIAL}},
    }


def application(
    reviewer: Reviewer,
    *,
    readiness: Sequence[Check] = (),
    metrics: Metrics | None = None,
    bounds: Bounds | None = None,
) -> ASGIApp:
    """The service that the API server talks to."""
    return create_app(Desk(reviewer, metrics or Metrics(), bounds or Bounds()), readiness)


async def post(app: ASGIApp, endpoint: str, body: object) -> httpx.Response:
    """Send a body, as it is or as JSON."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://webhook") as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(endpoint, content=content)


async def get(app: ASGIApp, path: str) -> httpx.Response:
    """Ask for a path."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as client:
        return await client.get(path)


async def ask(app: ASGIApp | Reviewer, endpoint: str, body: object) -> dict[str, Any]:
    """The response inside the AdmissionReview that comes back."""
    answer = await post(application(app) if isinstance(app, Reviewer) else app, endpoint, body)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["apiVersion"], document["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: dict[str, Any] = document["response"]
    return response
