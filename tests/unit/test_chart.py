"""What the chart renders: security, rights, admission, certificates, configuration, and what it refuses."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config.operator import default_configuration, load_operator_configuration
from shared.model.deployment import FlinkVersion
from shared.model.kinds import KINDS

CHART = Path(__file__).parents[2] / "charts" / "flink-operator"
NAMESPACE = "flink-system"
WEBHOOK_CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
COMPONENTS = ("controller", "webhook")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The objects of one rendering."""

    objects: tuple[Manifest, ...]

    def of_kind(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.objects if manifest["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        (manifest,) = (each for each in self.of_kind(kind) if each["metadata"]["name"] == name)
        return manifest

    def deployment(self, component: str) -> Manifest:
        return self.one("Deployment", f"flink-operator-{component}")

    def pod(self, component: str) -> Manifest:
        pod: Manifest = self.deployment(component)["spec"]["template"]["spec"]
        return pod

    def container(self, component: str) -> Manifest:
        (container,) = self.pod(component)["containers"]
        assert isinstance(container, dict)
        return container

    def environment(self, component: str) -> dict[str, str]:
        return {each["name"]: each["value"] for each in self.container(component)["env"] if "value" in each}

    def webhook(self, kind: str) -> Manifest:
        (webhook,) = self.one(kind, f"flink-operator-{NAMESPACE}-webhook-configuration")["webhooks"]
        assert isinstance(webhook, dict)
        return webhook

    def roles(self) -> list[Manifest]:
        return self.of_kind("Role", "ClusterRole")

    def configuration(self) -> str:
        text: str = self.one("ConfigMap", "flink-operator-config")["data"]["config.yaml"]
        return text


@dataclass(frozen=True)
class Chart:
    """The chart and the helm that renders it."""

    helm: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.helm, *arguments], capture_output=True, text=True, timeout=60, check=False
        )

    def template(self, *settings: str) -> subprocess.CompletedProcess[str]:
        # The version is given because a helm built from source takes the cluster for an ancient one.
        return self.run(
            *("template", "flink-operator", str(CHART), "--namespace", NAMESPACE),
            *("--kube-version", "1.35.0", *settings),
        )

    def render(self, *settings: str) -> Rendered:
        result = self.template(*settings)
        assert result.returncode == 0, result.stderr
        documents = yaml.load_all(result.stdout, Loader=yaml.CSafeLoader)
        return Rendered(tuple(document for document in documents if document is not None))

    def refusal(self, *settings: str) -> str:
        result = self.template(*settings)
        assert result.returncode != 0, "the chart rendered"
        return result.stderr


@pytest.fixture(scope="module")
def chart() -> Chart:
    helm = os.environ.get("HELM") or shutil.which("helm")
    if helm is None:
        missing = "helm is neither in PATH nor named by HELM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return Chart(helm)


@pytest.fixture(scope="module")
def default(chart: Chart) -> Rendered:
    return chart.render()


@pytest.fixture(scope="module")
def limited(chart: Chart) -> Rendered:
    return chart.render("--set", "watchNamespaces={team-a,team-b}")


def configuration(options: str) -> tuple[str, str]:
    return "--set-json", f"defaultConfiguration={{{options}}}"


def test_lint_finds_nothing(chart: Chart) -> None:
    result = chart.run("lint", "--strict", str(CHART))
    assert result.returncode == 0, result.stdout


def test_names_are_those_that_users_of_the_java_operator_know(default: Rendered) -> None:
    names = {(each["kind"], each["metadata"]["name"]) for each in default.objects}
    assert names >= {
        ("ConfigMap", "flink-operator-config"),
        ("Service", "flink-operator-webhook-service"),
        ("Issuer", "flink-operator-selfsigned-issuer"),
        ("Certificate", "flink-operator-serving-cert"),
        ("ServiceAccount", "flink"),
        ("Role", "flink"),
        ("RoleBinding", "flink-role-binding"),
    }


# Pods


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
    ("component", "scheme", "port"), [("webhook", "HTTPS", 9443), ("controller", None, 8085)]
)
def test_probes_ask_the_port_that_the_service_serves(
    default: Rendered, component: str, scheme: str | None, port: int
) -> None:
    container = default.container(component)
    (served,) = container["ports"]
    assert served["containerPort"] == port
    for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
        handler = container[f"{probe}Probe"]["httpGet"]
        assert (handler["path"], handler["port"], handler.get("scheme")) == (path, served["name"], scheme)


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


# Rights


def rules(rendered: Rendered) -> Iterator[Manifest]:
    for role in rendered.roles():
        yield from role["rules"]


def test_nobody_has_rights_on_secrets_or_wildcards(default: Rendered) -> None:
    for rule in rules(default):
        assert "secrets" not in rule["resources"]
        assert not any("*" in entry for entries in rule.values() for entry in entries)


def test_the_webhook_has_no_token_and_no_rights(default: Rendered) -> None:
    account = default.pod("webhook")["serviceAccountName"]
    assert default.pod("webhook")["automountServiceAccountToken"] is False
    bindings = default.of_kind("RoleBinding", "ClusterRoleBinding")
    assert account not in {subject["name"] for each in bindings for subject in each["subjects"]}


def test_the_controller_may_change_but_never_create_or_delete_flink_resources(default: Rendered) -> None:
    flink = [rule for rule in rules(default) if rule["apiGroups"] == ["flink.apache.org"]]
    plurals = {kind.plural for kind in KINDS.values()}
    granted = {resource: set(rule["verbs"]) for rule in flink for resource in rule["resources"]}
    assert granted == (
        {plural: {"get", "list", "watch", "update", "patch"} for plural in plurals}
        | {f"{plural}/status": {"get", "update", "patch"} for plural in plurals}
        | {f"{plural}/finalizers": {"update"} for plural in plurals}
    )


def test_only_the_named_lease_can_be_read_or_changed(chart: Chart) -> None:
    rendered = chart.render("--set", "leaderElection.leaseName=other")
    leases = [rule for rule in rules(rendered) if rule["resources"] == ["leases"]]
    assert [(rule["verbs"], rule.get("resourceNames")) for rule in leases] == [
        (["create"], None),
        (["get", "update"], ["other"]),
    ]
    assert rendered.environment("controller")["LEASE_NAME"] == "other"


def test_watched_namespaces_leave_no_cluster_wide_right(limited: Rendered) -> None:
    assert limited.of_kind("ClusterRole", "ClusterRoleBinding") == []
    role = "flink-operator-controller"
    for kind in ("Role", "RoleBinding"):
        found = [each["metadata"] for each in limited.of_kind(kind) if each["metadata"]["name"] == role]
        assert [each["namespace"] for each in found] == ["team-a", "team-b"]
    here = [
        each["metadata"]["name"] for each in limited.roles() if each["metadata"]["namespace"] == NAMESPACE
    ]
    assert here == ["flink-operator-leader-election"]


def test_services_and_webhooks_know_the_watched_namespaces(limited: Rendered) -> None:
    assert limited.environment("controller")["WATCH_NAMESPACES"] == "team-a,team-b"
    for kind in WEBHOOK_CONFIGURATIONS:
        (expression,) = limited.webhook(kind)["namespaceSelector"]["matchExpressions"]
        assert expression == {
            "key": "kubernetes.io/metadata.name",
            "operator": "In",
            "values": ["team-a", "team-b"],
        }


@pytest.mark.parametrize(
    ("settings", "namespaces"),
    [
        ([], [NAMESPACE]),
        (["--set", "watchNamespaces={team-a,team-b}"], ["team-a", "team-b"]),
        (["--set", "jobServiceAccount.namespaces={jobs}"], ["jobs"]),
    ],
)
def test_jobs_have_an_account_that_outlives_the_release(
    chart: Chart, settings: list[str], namespaces: list[str]
) -> None:
    rendered = chart.render(*settings)
    for kind, name in (("ServiceAccount", "flink"), ("Role", "flink"), ("RoleBinding", "flink-role-binding")):
        found = [each["metadata"] for each in rendered.of_kind(kind) if each["metadata"]["name"] == name]
        assert [each["namespace"] for each in found] == namespaces
        assert all(each["annotations"] == {"helm.sh/resource-policy": "keep"} for each in found)


# Admission


@pytest.mark.parametrize(
    ("kind", "name", "path", "policy"),
    [
        ("MutatingWebhookConfiguration", "mutationwebhook.flink.apache.org", "/mutate", "Ignore"),
        ("ValidatingWebhookConfiguration", "validationwebhook.flink.apache.org", "/validate", "Fail"),
    ],
)
def test_admission_covers_writes_of_all_four_kinds(
    default: Rendered, kind: str, name: str, path: str, policy: str
) -> None:
    webhook = default.webhook(kind)
    assert webhook["name"] == name
    assert webhook["clientConfig"]["service"]["path"] == path
    assert webhook["failurePolicy"] == policy
    assert webhook["timeoutSeconds"] == 5
    assert webhook["sideEffects"] == "None"
    assert webhook["admissionReviewVersions"] == ["v1"]
    (rule,) = webhook["rules"]
    assert set(rule["resources"]) == {each.plural for each in KINDS.values()}
    assert (rule["operations"], rule["apiVersions"]) == (["CREATE", "UPDATE"], ["v1beta1"])


@pytest.mark.parametrize("kind", WEBHOOK_CONFIGURATIONS)
def test_deletion_does_not_depend_on_the_webhook(default: Rendered, kind: str) -> None:
    expressions = [each["expression"] for each in default.webhook(kind)["matchConditions"]]
    assert "!has(object.metadata.deletionTimestamp)" in expressions


def test_failure_policies_and_time_outs_can_be_set(chart: Chart) -> None:
    rendered = chart.render(
        "--set", "webhook.validator.failurePolicy=Ignore,webhook.validator.timeoutSeconds=9"
    )
    webhook = rendered.webhook("ValidatingWebhookConfiguration")
    assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Ignore", 9)


def test_without_admission_nothing_of_the_webhook_is_left(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.create=false")
    assert [each["metadata"]["name"] for each in rendered.of_kind("Deployment")] == [
        "flink-operator-controller"
    ]
    assert rendered.of_kind("Certificate", "Issuer", "PodDisruptionBudget", "Service") == []
    assert rendered.of_kind(*WEBHOOK_CONFIGURATIONS) == []


def test_one_stage_can_be_on_alone(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.create=false,webhook.validator.create=true")
    found = rendered.of_kind(*WEBHOOK_CONFIGURATIONS)
    assert [each["kind"] for each in found] == ["ValidatingWebhookConfiguration"]
    assert rendered.deployment("webhook")


# Certificates


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


def test_an_issuer_of_ones_own_replaces_the_ca(chart: Chart) -> None:
    rendered = chart.render("--set", "webhook.certManager.issuerRef.name=company")
    (certificate,) = rendered.of_kind("Certificate")
    assert certificate["spec"]["issuerRef"] == {"name": "company"}
    assert rendered.of_kind("Issuer") == []


# Configuration


def test_both_services_read_one_configuration(default: Rendered) -> None:
    for component in COMPONENTS:
        folder = default.environment(component)["FLINK_CONF_DIR"]
        mounts = {each["mountPath"]: each["name"] for each in default.container(component)["volumeMounts"]}
        volumes = {each["name"]: each for each in default.pod(component)["volumes"]}
        assert volumes[mounts[folder]]["configMap"]["name"] == "flink-operator-config"


@pytest.mark.parametrize(
    ("version", "option"),
    [
        (FlinkVersion.V1_18, "env.java.opts.all"),
        (FlinkVersion.V1_20, "env.java.default-opts.all"),
        (FlinkVersion.V2_3, "env.java.default-opts.all"),
    ],
)
def test_flink_gets_the_modules_that_java_17_closes(
    default: Rendered, tmp_path: Path, version: FlinkVersion, option: str
) -> None:
    (tmp_path / "config.yaml").write_text(default.configuration())
    options = default_configuration(load_operator_configuration(tmp_path), "any", version)
    arguments = options[option].split(" ")
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in arguments
    assert all(each.startswith(("--add-opens=", "--add-exports=")) for each in arguments)


@pytest.mark.parametrize(
    "text", ["taskmanager.numberOfTaskSlots: 10000000", "taskmanager: {numberOfTaskSlots: 10000000}"]
)
def test_an_option_of_the_user_replaces_the_built_in_one(chart: Chart, text: str) -> None:
    rendered = chart.render(*configuration(f'"config.yaml": "{text}"'))
    assert [line for line in rendered.configuration().splitlines() if "numberOfTaskSlots" in line] == [text]


def test_built_in_files_can_be_replaced(chart: Chart) -> None:
    rendered = chart.render(*configuration('"append": false, "log4j-console.properties": "mine = 1"'))
    data = rendered.one("ConfigMap", "flink-operator-config")["data"]
    assert "parallelism.default" not in data["config.yaml"]
    assert data["log4j-console.properties"].strip() == "mine = 1"


def test_text_for_log4j_comes_after_the_built_in_text(chart: Chart) -> None:
    rendered = chart.render(*configuration('"log4j-console.properties": "rootLogger.level = DEBUG"'))
    text = rendered.one("ConfigMap", "flink-operator-config")["data"]["log4j-console.properties"]
    levels = [line for line in text.splitlines() if line.startswith("rootLogger.level")]
    assert levels == ["rootLogger.level = INFO", "rootLogger.level = DEBUG"]


# Refusals


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


def test_a_cluster_without_cert_manager_is_refused_in_one_line(chart: Chart) -> None:
    live = ("--api-versions", "apiregistration.k8s.io/v1")
    assert "cert-manager is not installed in this cluster" in chart.refusal(*live)
    assert chart.render(*live, "--api-versions", "cert-manager.io/v1").of_kind("Certificate")
