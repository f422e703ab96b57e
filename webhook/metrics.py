"""What the service tells Prometheus. Label values are bounded: no client can make a new series."""

import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.metrics import disable_created_metrics

from shared import GROUP
from shared.model import KINDS
from webhook import VERSION

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

LATENCY_BUCKETS: Final = (
    *(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
)
"""Seconds: from one small review on an idle machine to the longest time-out that an API server knows."""

OTHER_KIND: Final = "other"

_PREFIX = "flink_operator_webhook"


class Refusal(StrEnum):
    """Why a request was not reviewed."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    CLIENT_GONE = "client_gone"
    SLOW = "slow"
    TOO_MANY = "too_many"
    LATE = "late"


@dataclass(slots=True)
class Sources:
    """What is asked at each scrape and kept nowhere else."""

    in_flight: Callable[[], int] = lambda: 0
    certificate_expiry: Callable[[], datetime | None] = lambda: None
    certificate_failures: Callable[[], int] = lambda: 0
    cache_ages: dict[str, Callable[[], float]] = field(default_factory=dict)
    """Seconds since each watch cache last heard from the API server, by the cache's name."""


class Metrics:
    """The counts of one service."""

    def __init__(self, sources: Sources | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every count, for a format that is not served
        self.sources = sources or Sources()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            f"{_PREFIX}_requests",
            "Reviews answered, by what was asked and how it was decided.",
            ("webhook", "kind", "operation", "verdict"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            f"{_PREFIX}_request_duration_seconds",
            "From a review's arrival to its answer.",
            ("webhook",),
            buckets=LATENCY_BUCKETS,
            registry=self._registry,
        )
        self._rejections = Counter(
            f"{_PREFIX}_rejections",
            "Findings that denied a request, by rule.",
            ("webhook", "code"),
            registry=self._registry,
        )
        self._refused = Counter(
            f"{_PREFIX}_requests_refused",
            "Requests that were not reviewed, by reason.",
            ("reason",),
            registry=self._registry,
        )
        for reason in Refusal:
            self._refused.labels(reason)
        ProcessCollector(registry=self._registry)
        self._registry.register(_Scraped(self.sources))

    def reviewed(
        self, webhook: str, group: str, kind: str, operation: str, verdict: str, seconds: float
    ) -> None:
        """Count an answered review."""
        known = kind if group == GROUP and kind in KINDS else OTHER_KIND
        self._requests.labels(webhook, known, operation, verdict).inc()
        self._seconds.labels(webhook).observe(seconds)

    def rejected(self, webhook: str, codes: Iterable[str]) -> None:
        """Count what a denial was for: each rule once."""
        for code in set(codes):
            self._rejections.labels(webhook, code).inc()

    def refused(self, reason: Refusal) -> None:
        """Count a request that was not reviewed."""
        self._refused.labels(reason).inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _Scraped:
    """The sources, as a collector."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """One family a source."""
        sources = self._sources
        build = GaugeMetricFamily(f"{_PREFIX}_build_info", "Always 1.", labels=("version", "python"))
        build.add_metric((VERSION, platform.python_version()), 1)
        yield build
        yield GaugeMetricFamily(
            f"{_PREFIX}_requests_in_flight", "Requests being served now.", sources.in_flight()
        )
        expiry = sources.certificate_expiry()
        if expiry is not None:
            yield GaugeMetricFamily(
                f"{_PREFIX}_certificate_expiry_timestamp_seconds",
                "When the served certificate expires, in seconds since 1970.",
                expiry.timestamp(),
            )
        yield CounterMetricFamily(
            f"{_PREFIX}_certificate_reload_failures",
            "Looks at the certificate's files that found a pair which cannot be served.",
            sources.certificate_failures(),
        )
        ages = GaugeMetricFamily(
            f"{_PREFIX}_cache_age_seconds",
            "Since a watch cache last heard from the API server.",
            labels=("cache",),
        )
        for cache, age in sources.cache_ages.items():
            ages.add_metric((cache,), age())
        yield ages
