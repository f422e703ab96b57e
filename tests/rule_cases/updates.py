"""Changes: what may not change while it runs, and what was wrong before."""

from collections.abc import Mapping

from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import (
    CHECKPOINTS,
    SAVEPOINTS,
    application,
    configured,
    reconciled,
    session_cluster,
    session_job,
)

_REDEPLOY = {"savepointRedeployNonce": 2}
_REDEPLOYED = application(_REDEPLOY)
_SUSPEND = {"state": "suspended"}
_SUSPENDED = configured(CHECKPOINTS, _SUSPEND | {"upgradeMode": "last-state"}, flinkVersion="v2_2")
_NOTHING: frozenset[Found] = frozenset()
_VERSION = error("FK122", "spec.flinkVersion")

_RUNNING: Mapping[str, tuple[Json, Json, frozenset[Found]]] = {
    "nothing-changes": (application(), application(), _NOTHING),
    "application-becomes-session": (application(), session_cluster("orders"), error("FK113", "spec.job")),
    "session-becomes-application": (session_cluster("orders"), application(), error("FK113", "spec.job")),
    "mode-is-said": (application(), application(mode="native"), _NOTHING),
    "native-becomes-standalone": (application(), application(mode="standalone"), error("FK114", "spec.mode")),
    "standalone-becomes-native": (application(mode="standalone"), application(), error("FK114", "spec.mode")),
    "redeployment-without-savepoint": (
        application(),
        _REDEPLOYED,
        error("FK115", "spec.job.initialSavepointPath"),
    ),
    "redeployment-from-savepoint": (
        application(),
        application(_REDEPLOY | {"initialSavepointPath": "s3://b/sp"}),
        _NOTHING,
    ),
    "redeployment-nonce-stays": (_REDEPLOYED, _REDEPLOYED, _NOTHING),
    "redeployment-nonce-goes": (_REDEPLOYED, application(), _NOTHING),
    "version-changes": (application(flinkVersion="v2_2"), application(), _NOTHING),
    "version-changes-while-suspended": (
        _SUSPENDED,
        configured(CHECKPOINTS, {"upgradeMode": "last-state"}),
        _VERSION,
    ),
    "version-changes-and-state-goes": (_SUSPENDED, application(), _NOTHING),
    "version-changes-after-a-savepoint": (
        configured(CHECKPOINTS | SAVEPOINTS, _SUSPEND | {"upgradeMode": "savepoint"}, flinkVersion="v2_2"),
        configured(CHECKPOINTS | SAVEPOINTS, {"upgradeMode": "savepoint"}),
        _NOTHING,
    ),
    "version-changes-while-running": (
        configured(CHECKPOINTS, {"upgradeMode": "last-state"}, flinkVersion="v2_2"),
        configured(CHECKPOINTS, {"upgradeMode": "last-state"}),
        _NOTHING,
    ),
    "version-stays-while-suspended": (
        _SUSPENDED,
        configured(CHECKPOINTS, {"upgradeMode": "last-state"}, flinkVersion="v2_2"),
        _NOTHING,
    ),
    "job-stays-on-its-cluster": (session_job(), session_job({"parallelism": 5}), _NOTHING),
    "job-moves-to-another-cluster": (
        session_job(),
        session_job(deploymentName="other"),
        error("FK204", "spec.deploymentName"),
    ),
    "job-redeployment-without-savepoint": (
        session_job(),
        session_job(_REDEPLOY),
        error("FK115", "spec.job.initialSavepointPath"),
    ),
    "job-runs-with-last-state": (
        session_job({"upgradeMode": "last-state"}),
        session_job({"upgradeMode": "last-state", "parallelism": 5}, flinkConfiguration=CHECKPOINTS),
        warning("FK203", "spec.job.upgradeMode"),
    ),
    "job-changes-to-last-state": (
        session_job(),
        session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        error("FK203", "spec.job.upgradeMode"),
    ),
}


def _deleting(raw: Json) -> Json:
    return raw | {"metadata": raw["metadata"] | {"deletionTimestamp": "2026-11-21T12:00:00Z"}}


CASES = (
    *(
        Case(name, reconciled(running, wanted), expected, old=reconciled(running, running))
        for name, (running, wanted, expected) in _RUNNING.items()
    ),
    Case("before-deployment-everything-may-change", session_cluster("orders"), old=application()),
    Case(
        "what-runs-is-compared-not-an-edit-in-between",
        reconciled(application(), application()),
        old=reconciled(application(), session_cluster("orders")),
    ),
    Case(
        "record-of-what-runs-that-cannot-be-read",
        application() | {"status": {"reconciliationStatus": {"lastReconciledSpec": "{"}}},
    ),
    Case(
        "older-mistake",
        application(serviceAccount=None, image="flink:2.3.1"),
        warning("FK105", "spec.serviceAccount"),
        old=application(serviceAccount=None),
    ),
    Case(
        "new-mistake-beside-an-older-one",
        application({"parallelism": 0}, serviceAccount=None),
        error("FK108", "spec.job.parallelism") | warning("FK105", "spec.serviceAccount"),
        old=application(serviceAccount=None),
    ),
    Case(
        "other-wrong-value",
        application({"parallelism": -3}),
        error("FK108", "spec.job.parallelism"),
        old=application({"parallelism": 0}),
    ),
    Case(
        "one-of-two-reasons-goes",
        configured({"kubernetes.operator.periodic.savepoint.interval": "1 h"}),
        warning("FK107", option("execution.checkpointing.savepoint-dir")),
        old=configured(
            {
                "kubernetes.operator.periodic.savepoint.interval": "1 h",
                "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "1 h",
            }
        ),
    ),
    Case(
        "job-that-runs-with-last-state",
        reconciled(
            session_job({"upgradeMode": "last-state"}),
            session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        ),
        warning("FK203", "spec.job.upgradeMode"),
    ),
    Case(
        "job-had-last-state-before",
        session_job({"upgradeMode": "last-state", "parallelism": 5}, flinkConfiguration=CHECKPOINTS),
        warning("FK203", "spec.job.upgradeMode"),
        old=session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
    ),
    Case("mistake-while-being-deleted", _deleting(application(serviceAccount=None)), old=application()),
    Case("broken-while-being-deleted", _deleting(application({"state": 5})), old=application()),
)
