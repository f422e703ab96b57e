"""The HTTP services: admission reviews over TLS, and for the machines that run this, probes and metrics."""

import http
from collections.abc import Callable, Mapping, Sequence

import orjson
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webhook.endpoint import Desk, ReviewEndpoint
from webhook.handlers import mutate, validate
from webhook.metrics import CONTENT_TYPE, Metrics

Check = Callable[[], str | None]
"""Why the service should get no requests, or None."""


class Service:
    """An ASGI application: reviews are taken before FastAPI, whose ways would cost a tenth of their time."""

    def __init__(self, reviews: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._reviews = reviews
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._reviews.get(scope["path"], self._others)(scope, receive, send)


def create_app(desk: Desk, readiness: Sequence[Check]) -> ASGIApp:
    """What the API server talks to; ready when no readiness check has a reason against it."""
    reviews = {
        "/validate": ReviewEndpoint("validate", validate, desk),
        "/mutate": ReviewEndpoint("mutate", mutate, desk),
    }
    return Service(reviews, _application(readiness))


def create_plain_app(metrics: Metrics, readiness: Sequence[Check]) -> FastAPI:
    """Probes and metrics, for a port without TLS."""
    app = _application(readiness)

    @app.get("/metrics")
    async def get_metrics() -> Response:
        return Response(metrics.text(), headers={"content-type": CONTENT_TYPE})

    return app


def _application(readiness: Sequence[Check]) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.get("/healthz")
    async def get_healthz() -> Response:
        return _json(http.HTTPStatus.OK, {"alive": True})

    @app.get("/readyz")
    async def get_readyz() -> Response:
        reason = next((reason for check in readiness if (reason := check()) is not None), None)
        if reason is not None:
            return _json(http.HTTPStatus.SERVICE_UNAVAILABLE, {"ready": False, "reason": reason})
        return _json(http.HTTPStatus.OK, {"ready": True})

    return app


def _json(status: http.HTTPStatus, document: object) -> Response:
    return Response(orjson.dumps(document), status_code=status.value, media_type="application/json")
