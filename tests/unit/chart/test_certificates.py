"""Which certificate the webhook serves with, and whom the API server trusts."""

import base64
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from typer.testing import CliRunner

from cli.main import app
from tests.unit.chart.rendered_chart import NAMESPACE, WEBHOOK_CONFIGURATIONS, Chart, Rendered


def test_the_certificate_covers_the_name_that_the_api_server_calls(default: Rendered) -> None:
    certificate = default.one("Certificate", "flink-operator-serving-cert")["spec"]
    service = default.webhook("ValidatingWebhookConfiguration")["clientConfig"]["service"]
    host = f"{service['name']}.{service['namespace']}.svc"
    assert certificate["dnsNames"] == [host, f"{host}.cluster.local"]
    assert default.environment("webhook")["WEBHOOK_SERVER_NAME"] == host
    mounted = [each["secret"]["secretName"] for each in default.pod("webhook")["volumes"] if "secret" in each]
    assert mounted == [certificate["secretName"]]


def test_a_renewed_certificate_is_signed_by_a_ca_that_stays(default: Rendered) -> None:
    serving = default.one("Certificate", "flink-operator-serving-cert")["spec"]
    ca = default.one("Certificate", "flink-operator-ca")["spec"]
    issuer = default.one("Issuer", serving["issuerRef"]["name"])["spec"]
    assert issuer == {"ca": {"secretName": ca["secretName"]}}
    assert (serving["privateKey"]["rotationPolicy"], ca["privateKey"]["rotationPolicy"]) == (
        "Always",
        "Never",
    )


@pytest.mark.parametrize("kind", WEBHOOK_CONFIGURATIONS)
def test_the_ca_is_left_to_cert_manager(default: Rendered, kind: str) -> None:
    (found,) = default.of_kind(kind)
    assert found["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": f"{NAMESPACE}/flink-operator-serving-cert"
    }
    assert "caBundle" not in default.webhook(kind)["clientConfig"]


def test_a_certificate_of_ones_own_needs_no_cert_manager(chart: Chart, tmp_path: Path) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_text("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n")
    rendered = chart.render(
        *("--set", "webhook.certManager.enabled=false", "--set-file", f"webhook.caBundle={ca}")
    )
    assert rendered.of_kind("Certificate", "Issuer") == []
    for kind in WEBHOOK_CONFIGURATIONS:
        bundle = rendered.webhook(kind)["clientConfig"]["caBundle"]
        assert base64.b64decode(bundle) == ca.read_bytes()


def test_the_values_that_the_command_line_makes_are_taken(chart: Chart, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["certificates", "--output", str(tmp_path)]).exit_code == 0
    rendered = chart.render("--values", str(tmp_path / "values.yaml"))
    assert rendered.of_kind("Certificate", "Issuer") == []
    for kind in WEBHOOK_CONFIGURATIONS:
        bundle = rendered.webhook(kind)["clientConfig"]["caBundle"]
        assert base64.b64decode(bundle) == (tmp_path / "ca.crt").read_bytes()


def test_the_secret_that_the_command_line_makes_is_the_one_mounted(default: Rendered) -> None:
    secret = yaml.safe_load(CliRunner().invoke(app, ["certificates", "-n", NAMESPACE]).stdout)
    mounted = [each["secret"]["secretName"] for each in default.pod("webhook")["volumes"] if "secret" in each]
    assert mounted == [secret["metadata"]["name"]]
    leaf = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    covered = names.get_values_for_type(x509.DNSName)
    assert covered == default.one("Certificate", "flink-operator-serving-cert")["spec"]["dnsNames"]


def test_an_issuer_of_ones_own_replaces_the_ca(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.certManager.issuerRef.name=company")
    (certificate,) = rendered.of_kind("Certificate")
    assert certificate["spec"]["issuerRef"] == {"name": "company"}
    assert rendered.of_kind("Issuer") == []
