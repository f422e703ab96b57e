"""How the two services run: security, images, probes, rollouts, and placement."""

import pytest

from tests.unit.chart.rendered_chart import COMPONENTS, Chart, Rendered, configuration


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_meet_pod_security_restricted(default: Rendered, component: str) -> None:
    pod, container = default.pod(component), default.container(component)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 9999
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all({"configMap", "secret", "emptyDir"} & volume.keys() for volume in pod["volumes"])
    assert "hostNetwork" not in pod


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_service_has_its_own_image(chart: Chart, default: Rendered, component: str) -> None:
    assert default.container(component)["image"] == f"flink-operator-{component}:0.1.0"
    tagged = chart.render(
        "--set-string", f"{component}.image.repository=registry.example/x,{component}.image.tag=7"
    )
    assert tagged.container(component)["image"] == "registry.example/x:7"


def test_a_digest_wins_over_a_tag(chart: Chart) -> None:
    digest = f"sha256:{'ab' * 32}"
    rendered = chart.render("--set", f"webhook.image.tag=x,webhook.image.digest={digest}")
    assert rendered.container("webhook")["image"] == f"flink-operator-webhook@{digest}"


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_roll_when_the_configuration_changes(chart: Chart, default: Rendered, component: str) -> None:
    def checksum(rendered: Rendered) -> str:
        annotations = rendered.deployment(component)["spec"]["template"]["metadata"]["annotations"]
        return str(annotations["checksum/config"])

    changed = chart.render(*configuration('"config.yaml": "rest.port: 8082"'))
    assert checksum(changed) != checksum(default)


@pytest.mark.parametrize(
    ("component", "probe", "path", "scheme", "port"),
    [
        ("controller", "startup", "/healthz", None, 8085),
        ("controller", "liveness", "/healthz", None, 8085),
        ("controller", "readiness", "/readyz", None, 8085),
        ("webhook", "startup", "/healthz", None, 8080),
        ("webhook", "liveness", "/healthz", None, 8080),
        ("webhook", "readiness", "/readyz", "HTTPS", 9443),
    ],
)
def test_probes_ask_a_port_that_the_service_serves(
    default: Rendered, component: str, probe: str, path: str, scheme: str | None, port: int
) -> None:
    container = default.container(component)
    handler = container[f"{probe}Probe"]["httpGet"]
    (asked,) = (each for each in container["ports"] if each["name"] == handler["port"])
    assert (handler["path"], handler.get("scheme"), asked["containerPort"]) == (path, scheme, port)


def test_the_webhook_serves_the_ports_of_its_container(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.port=10250,webhook.plainPort=9100")
    ports = {each["name"]: each["containerPort"] for each in rendered.container("webhook")["ports"]}
    environment = rendered.environment("webhook")
    assert ports == {"https": 10250, "plain": 9100}
    assert environment["WEBHOOK_SERVER_PORT"] == "10250"
    assert environment["WEBHOOK_PLAIN_PORT"] == "9100"


@pytest.mark.parametrize(
    ("validator", "mutator", "seconds"), [(5, 5, 4.0), (10, 5, 4.0), (10, 20, 8.0), (1, 30, 0.8)]
)
def test_a_request_is_refused_for_lateness_before_the_api_server_gives_up(
    chart: Chart, validator: int, mutator: int, seconds: float
) -> None:
    rendered = chart.render(
        "--set", f"webhook.validator.timeoutSeconds={validator},webhook.mutator.timeoutSeconds={mutator}"
    )
    assert float(rendered.environment("webhook")["WEBHOOK_REQUEST_SECONDS"]) == seconds


def test_the_number_of_requests_at_once_can_be_set(chart: Chart, default: Rendered) -> None:
    assert default.environment("webhook")["WEBHOOK_MAX_IN_FLIGHT"] == "512"
    rendered = chart.render("--set", "webhook.maxInFlight=2000000")
    assert rendered.environment("webhook")["WEBHOOK_MAX_IN_FLIGHT"] == "2000000"


def test_the_webhooks_metrics_are_collected_on_request(chart: Chart, default: Rendered) -> None:
    assert default.of_kind("PodMonitor") == []
    rendered = chart.render(
        "--set", "webhook.podMonitor.create=true,webhook.podMonitor.labels.release=prometheus"
    )
    (monitor,) = rendered.of_kind("PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("plain", "/metrics")
    assert endpoint["port"] in {each["name"] for each in rendered.container("webhook")["ports"]}
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    labels = rendered.deployment("webhook")["spec"]["template"]["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_a_rollout_of_the_webhook_takes_no_pod_before_its_successor_is_ready(default: Rendered) -> None:
    assert default.deployment("webhook")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_webhook_pod_lives_long_enough_to_drain(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.drainSeconds=40")
    assert rendered.environment("webhook")["WEBHOOK_DRAIN_SECONDS"] == "40"
    assert rendered.pod("webhook")["terminationGracePeriodSeconds"] >= 50


def test_webhook_pods_prefer_to_spread(default: Rendered) -> None:
    constraints = default.pod("webhook")["topologySpreadConstraints"]
    assert {each["topologyKey"] for each in constraints} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert {each["whenUnsatisfiable"] for each in constraints} == {"ScheduleAnyway"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_a_disruption_budget_exists_where_it_can_be_kept(chart: Chart, replicas: int, budgets: int) -> None:
    found = chart.render("--set", f"webhook.replicas={replicas}").of_kind("PodDisruptionBudget")
    assert [each["spec"]["minAvailable"] for each in found] == [1] * budgets


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget"])
def test_selectors_choose_webhook_pods_only(default: Rendered, kind: str) -> None:
    (found,) = default.of_kind(kind)
    selector = found["spec"]["selector"]
    selector = selector.get("matchLabels", selector)

    def chosen(component: str) -> bool:
        labels = default.deployment(component)["spec"]["template"]["metadata"]["labels"]
        return bool(selector.items() <= labels.items())

    assert chosen("webhook")
    assert not chosen("controller")


def test_network_policies_come_on_request(chart: Chart, default: Rendered) -> None:
    assert default.of_kind("NetworkPolicy") == []
    policies = chart.render("--set", "networkPolicy.enabled=true").of_kind("NetworkPolicy")
    assert {each["metadata"]["name"] for each in policies} == {
        "flink-operator-controller",
        "flink-operator-webhook",
    }


def test_only_pods_of_the_cluster_reach_the_webhook_without_tls(chart: Chart) -> None:
    rendered = chart.render("--set", "networkPolicy.enabled=true")
    reviews, metrics = rendered.one("NetworkPolicy", "flink-operator-webhook")["spec"]["ingress"]
    assert [each["port"] for each in reviews["ports"]] == ["https"]
    assert "from" not in reviews
    assert [each["port"] for each in metrics["ports"]] == ["plain"]
    assert metrics["from"] == [{"namespaceSelector": {}}]
