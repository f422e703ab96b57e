"""Who may do what, and in which namespaces."""

from collections.abc import Iterator

import pytest

from shared.model.kinds import KINDS
from tests.unit.chart.rendered_chart import NAMESPACE, WEBHOOK_CONFIGURATIONS, Chart, Manifest, Rendered


def rules(rendered: Rendered) -> Iterator[Manifest]:
    for role in rendered.roles():
        yield from role["rules"]


def test_nobody_has_rights_on_secrets_or_wildcards(default: Rendered) -> None:
    for rule in rules(default):
        assert "secrets" not in rule["resources"]
        assert not any("*" in entry for entries in rule.values() for entry in entries)


def test_rights_on_secrets_are_for_keytabs_alone(chart: Chart) -> None:
    rendered = chart.render("--set", "rbac.keytabs=true")
    secrets = [rule for rule in rules(rendered) if "secrets" in rule["resources"]]
    assert secrets == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "update"]}]


def test_secrets_of_jars_may_be_got_and_nothing_else(chart: Chart) -> None:
    rendered = chart.render("--set", "rbac.artifactSecrets=true")
    secrets = [rule for rule in rules(rendered) if "secrets" in rule["resources"]]
    assert secrets == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]


def test_the_webhook_may_read_what_resources_refer_to_and_nothing_else(default: Rendered) -> None:
    account = default.pod("webhook")["serviceAccountName"]
    (binding,) = (
        each
        for each in default.of_kind("RoleBinding", "ClusterRoleBinding")
        if account in {subject["name"] for subject in each["subjects"]}
    )
    (role,) = (each for each in default.roles() if each["metadata"]["name"] == binding["roleRef"]["name"])
    assert role["rules"] == [
        {
            "apiGroups": ["flink.apache.org"],
            "resources": ["flinkdeployments", "flinksessionjobs"],
            "verbs": ["get", "list", "watch"],
        }
    ]


def test_the_controller_may_change_but_never_create_or_delete_flink_resources(default: Rendered) -> None:
    (role,) = (each for each in default.roles() if each["metadata"]["name"] == "flink-operator-controller")
    flink = [rule for rule in role["rules"] if rule["apiGroups"] == ["flink.apache.org"]]
    plurals = {kind.plural for kind in KINDS.values()}
    granted = {resource: set(rule["verbs"]) for rule in flink for resource in rule["resources"]}
    assert granted == (
        {plural: {"get", "list", "watch", "update", "patch"} for plural in plurals}
        | {f"{plural}/status": {"get", "update", "patch"} for plural in plurals}
        | {f"{plural}/finalizers": {"update"} for plural in plurals}
    )


def test_session_jobs_are_deleted_only_where_the_installer_wants_that(chart: Chart) -> None:
    granted = rules(chart.render("--set", "rbac.deleteSessionJobs=true"))
    deleting = [
        rule["resources"]
        for rule in granted
        if "flink.apache.org" in rule["apiGroups"] and "delete" in rule["verbs"]
    ]
    assert deleting == [["flinksessionjobs"]]


def test_services_are_put_in_place_and_never_deleted(default: Rendered) -> None:
    services = [rule for rule in rules(default) if "services" in rule["resources"]]
    assert services == [
        {
            "apiGroups": [""],
            "resources": ["services"],
            "verbs": ["get", "list", "watch", "create", "update"],
        }
    ]


def test_the_controller_reads_no_logs_and_asks_about_rights_in_namespaces_alone(default: Rendered) -> None:
    (role,) = (each for each in default.roles() if each["metadata"]["name"] == "flink-operator-controller")
    assert not any("pods/log" in rule["resources"] for rule in role["rules"])
    reviews = [rule for rule in role["rules"] if rule["apiGroups"] == ["authorization.k8s.io"]]
    assert [(rule["resources"], rule["verbs"]) for rule in reviews] == [
        (["localsubjectaccessreviews"], ["create"])
    ]


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
    for role in ("flink-operator-controller", "flink-operator-webhook"):
        for kind in ("Role", "RoleBinding"):
            found = [each["metadata"] for each in limited.of_kind(kind) if each["metadata"]["name"] == role]
            assert [each["namespace"] for each in found] == ["team-a", "team-b"]
    here = [
        each["metadata"]["name"] for each in limited.roles() if each["metadata"]["namespace"] == NAMESPACE
    ]
    assert here == ["flink-operator-leader-election"]


def test_services_and_webhooks_know_the_watched_namespaces(limited: Rendered) -> None:
    for component in ("controller", "webhook"):
        assert limited.environment(component)["WATCH_NAMESPACES"] == "team-a,team-b"
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
