"""Values that cannot work are refused before anything is installed."""

import pytest

from tests.unit.chart.rendered_chart import Chart, configuration


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("watchNamespace={a}", "watchNamespace"),
        ("webhook.replica=3", "replica"),
        ("webhook.validator.failurepolicy=Fail", "failurepolicy"),
        ("controller.image.repo=x", "repo"),
        ("jobServiceAccount.nam=x", "nam"),
        ("defaultConfiguration.flink-conf\\.yaml=x", "flink-conf.yaml"),
        ("webhook.mutator.failurePolicy=Sometimes", "/webhook/mutator/failurePolicy"),
        ("webhook.validator.timeoutSeconds=31", "/webhook/validator/timeoutSeconds"),
        ("webhook.image.digest=sha256:12", "/webhook/image/digest"),
        ("watchNamespaces={Team_A}", "/watchNamespaces/0"),
    ],
)
def test_a_value_that_does_not_exist_or_fit_is_refused(chart: Chart, setting: str, named: str) -> None:
    assert f"'{named}'" in chart.refusal("--set", setting)


def test_options_that_contradict_values_are_refused(chart: Chart) -> None:
    message = chart.refusal(*configuration('"config.yaml": "kubernetes.operator: {health.probe.port: 1}"'))
    assert "set the value operatorHealth.port instead" in message


def test_configuration_that_is_not_yaml_is_refused(chart: Chart) -> None:
    message = chart.refusal(*configuration('"config.yaml": "[a"'))
    assert 'defaultConfiguration."config.yaml" must hold YAML' in message


def test_a_certificate_without_its_ca_is_refused(chart: Chart) -> None:
    message = chart.refusal("--set", "webhook.certManager.enabled=false")
    assert "webhook.caBundle is needed" in message
    assert "the Secret flink-operator-webhook-server-cert has no ca.crt" in message


def test_a_cluster_without_cert_manager_is_refused_in_one_line(chart: Chart) -> None:
    live = ("--api-versions", "apiregistration.k8s.io/v1")
    assert "cert-manager is not installed in this cluster" in chart.refusal(*live)
    assert chart.render(*live, "--api-versions", "cert-manager.io/v1").of_kind("Certificate")
