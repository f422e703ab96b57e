"""FlinkStateSnapshots, FlinkBlueGreenDeployments, and what is neither of the four kinds."""

from tests.rule_cases.case import Case, error, warning
from tests.rule_cases.resources import (
    application,
    blue_green,
    resource,
    session_job,
    snapshot,
)

_REFERENCE = "spec.jobReference"
_SESSION_JOB = {"kind": "FlinkSessionJob", "name": "job"}
_MISSING = error("FK304", _REFERENCE)
_BLUE_GREEN = "kubernetes.operator.bluegreen."


def _deep(levels: int) -> object:
    value: object = {}
    for _ in range(levels):
        value = {"a": value}
    return value


_SNAPSHOTS = (
    Case("savepoint-of-a-deployment", snapshot()),
    Case("checkpoint-of-a-deployment", snapshot(savepoint=None, checkpoint={})),
    Case(
        "savepoint-that-is-there",
        snapshot(savepoint={"alreadyExists": True, "path": "s3://b/sp"}, jobReference=None),
        others=[],
    ),
    Case("neither-savepoint-nor-checkpoint", snapshot(savepoint=None), error("FK301", "spec")),
    Case("savepoint-and-checkpoint", snapshot(checkpoint={}), error("FK301", "spec")),
    Case("snapshot-without-job", snapshot(jobReference=None), error("FK302", _REFERENCE)),
    Case("snapshot-of-no-kind", snapshot(jobReference={"name": "orders"}), error("FK302", _REFERENCE)),
    Case("backoff-limit", snapshot(backoffLimit=-2), error("FK303", "spec.backoffLimit")),
    Case("job-of-snapshot-is-there", snapshot(), others=[application()]),
    Case("session-job-of-snapshot-is-there", snapshot(jobReference=_SESSION_JOB), others=[session_job()]),
    Case("job-of-snapshot-is-not-there", snapshot(), _MISSING, others=[application(name="other")]),
    Case(
        "job-of-snapshot-is-of-another-kind",
        snapshot(jobReference=_SESSION_JOB),
        _MISSING,
        others=[application(name="job")],
    ),
    Case("job-of-snapshot-is-not-known", snapshot()),
    Case(
        "job-of-pending-snapshot-is-not-there",
        snapshot() | {"status": {"state": "TRIGGER_PENDING"}},
        _MISSING,
        others=[],
    ),
    Case("job-of-completed-snapshot-is-gone", snapshot() | {"status": {"state": "COMPLETED"}}, others=[]),
    Case(
        "job-of-snapshot-was-not-there-before",
        snapshot(backoffLimit=5),
        warning("FK304", _REFERENCE),
        old=snapshot(),
        others=[],
    ),
)

_BLUE_GREENS = (
    Case("blue-green", blue_green()),
    Case("blue-green-name-of-39-letters", blue_green(name="a" * 39)),
    Case("blue-green-name-of-40-letters", blue_green(name="a" * 40), error("FK101", "metadata.name")),
    Case("blue-green-without-template", blue_green(template=None), error("FK401", "spec.template.spec")),
    Case("blue-green-with-empty-template", blue_green(template={}), error("FK401", "spec.template.spec")),
    Case(
        "blue-green-template-is-reviewed",
        blue_green(application({"parallelism": 0}, flinkVersion="v1_17")),
        error("FK108", "spec.template.spec.job.parallelism")
        | warning("FK501", "spec.template.spec.flinkVersion"),
    ),
    Case("blue-green-ingress", blue_green(ingress={}), error("FK121", "spec.ingress.template")),
    Case(
        "blue-green-ingress-template",
        blue_green(ingress={"template": "a b"}),
        error("FK125", "spec.ingress.template"),
    ),
    Case(
        "blue-green-options",
        blue_green(
            configuration={
                f"{_BLUE_GREEN}abort.grace-period": "10 min",
                f"{_BLUE_GREEN}reconciliation.reschedule-interval": "15 s",
                f"{_BLUE_GREEN}deployment-deletion.delay": "0",
            }
        ),
    ),
    Case(
        "blue-green-option-that-cannot-be-read",
        blue_green(configuration={f"{_BLUE_GREEN}abort.grace-period": "10 parsecs"}),
        error("FK117", f"spec.configuration[{_BLUE_GREEN}abort.grace-period]"),
    ),
    Case(
        "blue-green-with-another-option",
        blue_green(configuration={"taskmanager.numberOfTaskSlots": "2"}),
        warning("FK505", "spec.configuration[taskmanager.numberOfTaskSlots]"),
    ),
)

_DOCUMENTS = (
    Case("kind-unknown", resource("FlinkDeploymnt", "a", {}), error("FK002", "kind")),
    Case(
        "version-of-the-api",
        application() | {"apiVersion": "flink.apache.org/v1"},
        error("FK003", "apiVersion"),
    ),
    Case("no-kind", {"apiVersion": "flink.apache.org/v1beta1", "metadata": {}}, error("FK002", "kind")),
    Case("a-list", [], error("FK001", "")),
    Case("nothing", None, error("FK001", "")),
    Case("too-deep", application(flinkConfiguration=_deep(120)), error("FK004", "")),
    Case(
        "replicas-are-a-word",
        application(jobManager={"resources": {"requests": {"memory": "1Gi"}}, "replicas": "many"}),
        error("FK013", "spec.jobManager.replicas"),
    ),
    Case(
        "cpu-is-a-word",
        application(jobManager={"resource": {"memory": "1g", "cpu": "fast"}}),
        error("FK014", "spec.jobManager.resource.cpu"),
    ),
    Case("image-is-true", application(image=True), error("FK016", "spec.image")),
    Case(
        "labels-are-a-list",
        application() | {"metadata": {"name": "orders", "namespace": "shop", "labels": []}},
        error("FK018", "metadata.labels"),
    ),
    Case(
        "time-is-a-word",
        application() | {"metadata": {"name": "orders", "namespace": "shop", "deletionTimestamp": "soon"}},
    ),
)

CASES = (*_SNAPSHOTS, *_BLUE_GREENS, *_DOCUMENTS)
