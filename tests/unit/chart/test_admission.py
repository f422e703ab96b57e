"""What is sent to the webhook, and what happens where it does not answer."""

import pytest

from shared.model.kinds import KINDS
from tests.unit.chart.rendered_chart import WEBHOOK_CONFIGURATIONS, Chart, Rendered


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


def test_namespaces_and_resources_can_be_left_out_by_label(chart: Chart) -> None:
    rendered = chart.render(
        *("--set", "watchNamespaces={team-a}"),
        *("--set", "webhook.namespaceSelector.matchLabels.admission=on"),
        *("--set", "webhook.objectSelector.matchLabels.reviewed=yes"),
    )
    for kind in WEBHOOK_CONFIGURATIONS:
        webhook = rendered.webhook(kind)
        assert webhook["namespaceSelector"] == {
            "matchLabels": {"admission": "on"},
            "matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a"]}
            ],
        }
        assert webhook["objectSelector"] == {"matchLabels": {"reviewed": "yes"}}


def test_all_namespaces_and_resources_are_reviewed_by_default(default: Rendered) -> None:
    for kind in WEBHOOK_CONFIGURATIONS:
        assert not {"namespaceSelector", "objectSelector"} & default.webhook(kind).keys()


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
