"""What Prometheus learns about the webhook, and the port without TLS that tells it."""

import contextlib
import platform
import socket
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.rules import Finding, Severity
from tests.unit.webhook_reviews import UNREACHABLE, admission_review, application, ask, post, reviewer_saying
from tests.unit.webhook_service import connect, get_plainly, issue, post_review, running, wait_until
from webhook import VERSION
from webhook.certificates import ServingCertificate
from webhook.metrics import LATENCY_BUCKETS, Metrics, Sources

ACCOUNT = Finding("FK105", "spec.serviceAccount", "is required")
PARALLELISM = Finding("FK108", "spec.job.parallelism", "must be at least 1")
OLD_OPTION = Finding("FK900", "spec.mode", "is old", severity=Severity.WARNING)

PREFIX = "flink_operator_webhook"


def value(text: str | bytes, name: str, **labels: str) -> float | None:
    """The value of a series, or None."""
    document = text if isinstance(text, str) else text.decode()
    for family in text_string_to_metric_families(document):
        for sample in family.samples:
            if (sample.name, sample.labels) == (f"{PREFIX}_{name}", labels):
                return float(sample.value)
    return None


def series(metrics: Metrics) -> int:
    return sum(len(family.samples) for family in text_string_to_metric_families(metrics.text().decode()))


def requests(webhook: str, verdict: str, **labels: str) -> dict[str, str]:
    return {"kind": "FlinkDeployment", "operation": "CREATE", "webhook": webhook, "verdict": verdict} | labels


async def test_reviews_are_counted_by_webhook_kind_operation_and_verdict() -> None:
    metrics = Metrics()
    admitting = application(reviewer_saying(), metrics=metrics)
    await ask(admitting, "/validate", admission_review())
    await ask(admitting, "/validate", admission_review())
    await ask(admitting, "/mutate", admission_review(operation="DELETE", object=None))
    await ask(application(reviewer_saying(ACCOUNT), metrics=metrics), "/mutate", admission_review())
    await ask(application(UNREACHABLE, metrics=metrics), "/validate", admission_review())
    text = metrics.text()
    assert value(text, "requests_total", **requests("validate", "allowed")) == 2
    assert value(text, "requests_total", **requests("mutate", "exempt", operation="DELETE")) == 1
    assert value(text, "requests_total", **requests("mutate", "denied")) == 1
    assert value(text, "requests_total", **requests("validate", "failed")) == 1


async def test_a_denial_counts_each_of_its_rules_once_and_no_warning() -> None:
    metrics = Metrics()
    app = application(
        reviewer_saying(ACCOUNT, PARALLELISM, PARALLELISM, warnings=(OLD_OPTION,)), metrics=metrics
    )
    await ask(app, "/mutate", admission_review())
    text = metrics.text()
    assert value(text, "rejections_total", webhook="mutate", code="FK105") == 1
    assert value(text, "rejections_total", webhook="mutate", code="FK108") == 1
    assert value(text, "rejections_total", webhook="mutate", code="FK900") is None


async def test_clients_cannot_make_new_series() -> None:
    metrics = Metrics()
    app = application(reviewer_saying(), metrics=metrics)

    async def review_of(group: str, kind: str) -> None:
        await ask(app, "/validate", admission_review(kind={"group": group, "version": "v1", "kind": kind}))

    await review_of("other", "Thing0")
    before = series(metrics)
    for number in range(5):
        await review_of("flink.apache.org", f"Thing{number}")
        await review_of("other", "FlinkDeployment")
        await post(app, "/validate", admission_review(operation=f"BREW{number}"))
    assert series(metrics) == before
    assert value(metrics.text(), "requests_total", **requests("validate", "allowed", kind="other")) == 11


@pytest.mark.parametrize(("body", "reason"), [(b"{", "malformed"), (b" " * (4 * 1024 * 1024), "too_large")])
async def test_what_is_not_reviewed_is_counted_by_reason(body: bytes, reason: str) -> None:
    metrics = Metrics()
    await post(application(UNREACHABLE, metrics=metrics), "/validate", body)
    assert value(metrics.text(), "requests_refused_total", reason=reason) == 1


async def test_latency_falls_into_buckets_from_a_fifth_of_a_millisecond_to_ten_seconds() -> None:
    assert (LATENCY_BUCKETS[0], LATENCY_BUCKETS[-1]) == (0.0002, 10)
    metrics = Metrics()
    metrics.reviewed("validate", "flink.apache.org", "FlinkDeployment", "CREATE", "allowed", 0.003)
    text, name = metrics.text(), "request_duration_seconds"
    assert value(text, f"{name}_bucket", webhook="validate", le="0.002") == 0
    assert value(text, f"{name}_bucket", webhook="validate", le="0.005") == 1
    assert value(text, f"{name}_sum", webhook="validate") == 0.003


def test_the_sources_are_asked_at_each_scrape() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    facts: dict[str, Any] = {"in flight": 2, "failures": 3, "age": 1.5}
    sources = Sources(
        in_flight=lambda: facts["in flight"],
        certificate_expiry=lambda: now,
        certificate_failures=lambda: facts["failures"],
        cache_ages={"flinkdeployments": lambda: facts["age"]},
    )
    metrics = Metrics(sources)
    assert value(metrics.text(), "requests_in_flight") == 2
    assert value(metrics.text(), "certificate_expiry_timestamp_seconds") == now.timestamp()
    assert value(metrics.text(), "certificate_reload_failures_total") == 3
    assert value(metrics.text(), "cache_age_seconds", cache="flinkdeployments") == 1.5
    facts |= {"in flight": 0, "failures": 4}
    assert value(metrics.text(), "requests_in_flight") == 0
    assert value(metrics.text(), "certificate_reload_failures_total") == 4


def test_without_a_certificate_no_expiry_is_told() -> None:
    assert value(Metrics().text(), "certificate_expiry_timestamp_seconds") is None


def test_the_build_tells_the_projects_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
    assert value(Metrics().text(), "build_info", version=VERSION, python=platform.python_version()) == 1


def test_a_running_service_tells_of_its_requests_certificate_and_memory(tmp_path: Path) -> None:
    issue(tmp_path, ends=timedelta(hours=5))
    certificate = ServingCertificate(tmp_path, poll_seconds=0.02)
    with running(certificate) as server, contextlib.closing(connect(server.port)) as connection:
        post_review(connection, "one")
        (tmp_path / "tls.crt").write_text("junk")
        wait_until(lambda: certificate.failures > 0, "the junk was looked at")
        status, text = get_plainly(server, "/metrics")
        assert status == 200
        assert value(text, "requests_total", **requests("validate", "denied")) == 1
        assert certificate.not_after is not None
        assert value(text, "certificate_expiry_timestamp_seconds") == certificate.not_after.timestamp()
        assert (value(text, "certificate_reload_failures_total") or 0) > 0
        assert "process_resident_memory_bytes" in text


def test_probes_and_metrics_are_served_before_there_is_a_certificate(tmp_path: Path) -> None:
    with running(ServingCertificate(tmp_path), await_start=False) as server:
        assert server.plain is not None
        plain = server.plain
        wait_until(lambda: plain.port != 0, "the plain port is served")
        assert get_plainly(server, "/healthz")[0] == 200
        status, body = get_plainly(server, "/readyz")
        assert (status, "no serving certificate has been loaded" in body) == (503, True)
        assert get_plainly(server, "/metrics")[0] == 200
        assert not server.started


def test_reviews_are_not_served_without_tls(tmp_path: Path) -> None:
    issue(tmp_path)
    with running(ServingCertificate(tmp_path)) as server:
        assert get_plainly(server, "/validate")[0] == 404


def test_a_plain_port_in_use_ends_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    issue(tmp_path)
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with running(ServingCertificate(tmp_path), plain_port=port, await_start=False) as server:
            wait_until(lambda: server.should_exit, "the service gives up")
        assert not server.started
        assert f"cannot listen on port {port}: Address already in use" in caplog.text
