"""A JobManager whose REST speaks TLS: its job runs, is upgraded with a savepoint, and goes, on real Flink."""

from tests.certificates import Pair, issue
from tests.e2e.authority import secret
from tests.e2e.conftest import Release
from tests.e2e.continuity import History, counting
from tests.e2e.flink import Flink, Json

NAME, STORES = "secured", "/opt/flink/tls"
PASSWORD = "e2e-password"  # noqa: S105
_SPEAKS_TLS = {
    "security.ssl.rest.enabled": "true",
    "security.ssl.rest.keystore": f"{STORES}/keystore.p12",
    "security.ssl.rest.keystore-password": PASSWORD,
    "security.ssl.rest.key-password": PASSWORD,
    "kubernetes.secrets": f"{NAME}-tls:{STORES}",
}
_ASKS_FOR_CERTIFICATES = {
    "security.ssl.rest.authentication-enabled": "true",
    "security.ssl.rest.truststore": f"{STORES}/truststore.p12",
    "security.ssl.rest.truststore-password": PASSWORD,
}


def probe(flink: Flink) -> Json:
    """How the kubelet asks whether the JobManager has started."""
    (deployment,) = flink.items("deployment", f"app={NAME}")
    found: Json = deployment["spec"]["template"]["spec"]["containers"][-1]["startupProbe"]
    return found


def test_job_runs_is_upgraded_and_goes_over_tls(
    flink: Flink, release: Release, history: History, authority: Pair
) -> None:
    job_manager = issue(authority, f"{NAME}-rest.{flink.namespace}", rsa_key=True)
    stores = {
        "keystore.p12": job_manager.key_store(PASSWORD),
        "truststore.p12": authority.trust_store(PASSWORD),
    }
    flink.apply(secret(f"{NAME}-tls", stores))
    flink.apply(counting(NAME, release, history, upgrade_mode="savepoint", options=_SPEAKS_TLS))
    flink.wait_until_running(NAME)
    first = history.wait_for_start(1)
    assert probe(flink)["httpGet"]["scheme"] == "HTTPS"

    flink.patch(NAME, {"spec": {"flinkConfiguration": _ASKS_FOR_CERTIFICATES}})
    second = history.wait_for_start(2)

    assert second.restored
    assert second.count == history.last_count(first.run)
    flink.wait_until_running(NAME)
    assert probe(flink)["tcpSocket"] == {"port": "rest"}

    assert not [event for event in flink.events(NAME) if event["reason"].startswith("Tls")]

    flink.kubectl("delete", "flinkdeployment", NAME, "--timeout=60s")
    assert flink.items("deployment,service,configmap,pod", f"app={NAME}") == []
    history.assert_never_two_at_once()
