"""Services and ConfigMaps that drifted are put back as they were made, or it is said why not."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.decide import decide
from controller.decide.failure import decide_failure
from controller.decide.problems import repair_is_refused
from controller.flink.checksums import Kind, ObjectName
from controller.flink.operator_files import OperatorFiles
from controller.observation import NOT_ASKED, Absent, Drift, Drifted, Known, Observation, Repairs, Unknown
from controller.plan import Plan, RepairObjects, StopWithSavepoint
from shared.config.effective import ROLLBACK_ANNOTATION
from shared.model.status import JobManagerDeploymentStatus, JobState
from tests.unit.flink_deployments import (
    NO_ANSWER,
    NOW,
    application,
    cluster_of,
    edited,
    session,
    subject_of,
    with_metadata,
    with_status,
)
from tests.unit.recorded_deployments import KUBERNETES_HA, SAVEPOINTS, changing, error_of, up
from tests.unit.running_clusters import CONFIGURATION, REST, RPC, RunningCluster

Json = dict[str, Any]
FILES = OperatorFiles(
    log={"log4j-console.properties": "rootLogger.level = INFO\n"}, hadoop={"core-site.xml": "<core/>"}
)
TEMPLATE = {
    "spec": {"nodeSelector": {"zone": "b", "disk": "ssd"}, "hostname": "h"},
    "metadata": {"labels": {"b": "1"}},
}


@pytest.fixture
async def cluster() -> RunningCluster:
    return await RunningCluster.of()


def seen(running: RunningCluster, *drifted: Drifted, at: datetime = NOW, **facts: Any) -> Observation:
    facts = {"cluster": cluster_of(1), **facts}  # it was made once, whatever was edited since
    return replace(up(running.raw), at=at, drifted=Known(drifted), **facts)


def plan_of(running: RunningCluster, *drifted: Drifted, **facts: Any) -> Plan:
    return decide(running.subject, seen(running, *drifted, **facts))


def repaired(plan: Plan) -> list[ObjectName]:
    return [ObjectName.of(body) for action in plan.actions for body in bodies_of(action)]


def bodies_of(action: Any) -> tuple[Json, ...]:
    return action.bodies if isinstance(action, RepairObjects) else ()


def missing(cluster: RunningCluster) -> list[Drifted]:
    return [cluster.drifted(name, Drift.MISSING) for name in cluster.checksums()]


def content(body: Json) -> Json:
    return {**body, "metadata": {key: body["metadata"][key] for key in ("name", "namespace", "labels")}}


def test_cluster_as_it_was_made_is_left_alone(cluster: RunningCluster) -> None:
    plan = plan_of(cluster)
    assert plan.actions == ()
    assert plan.events == ()
    assert plan.status.to_wire() == cluster.raw["status"]


@pytest.mark.parametrize("drift", [Drift.MISSING, Drift.EDITED])
def test_drift_is_repaired_and_told_while_the_job_runs_on(cluster: RunningCluster, drift: Drift) -> None:
    plan = plan_of(cluster, cluster.drifted(REST, drift))
    (action,) = plan.actions
    assert isinstance(action, RepairObjects)
    assert action.uid == "cluster-uid"
    assert repaired(plan) == [REST]
    (event,) = plan.events
    assert (event.type, event.reason) == ("Normal", "Repair")
    assert event.message.startswith("Service orders-rest ")
    assert plan.status.to_wire() == cluster.raw["status"]


def test_all_that_drifted_is_repaired_at_once(cluster: RunningCluster) -> None:
    plan = plan_of(cluster, cluster.drifted(CONFIGURATION, Drift.EDITED), cluster.drifted(RPC, Drift.MISSING))
    assert repaired(plan) == [CONFIGURATION, RPC]
    assert [event.message for event in plan.events] == [
        "ConfigMap flink-config-orders was edited, it is put back, Service orders is gone, it is made again; "
        "the job is not touched"
    ]


SPECS = {
    "stateless": application(),
    "last-state at first": application(
        job={"upgradeMode": "last-state"}, flinkConfiguration={**KUBERNETES_HA, **SAVEPOINTS}
    ),
    "savepoint": application(
        job={
            "upgradeMode": "savepoint",
            "initialSavepointPath": "s3://b/sp/1",
            "allowNonRestoredState": True,
        },
        flinkConfiguration=SAVEPOINTS,
    ),
    "session": session(),
    "session with high availability": session(flinkConfiguration=KUBERNETES_HA),
    "standalone": application(mode="standalone"),
    "standalone with replicas": application(
        mode="standalone",
        taskManager={"replicas": 3, "resource": {"memory": "2g", "cpu": 0.5}},
    ),
    "pod templates": application(
        podTemplate=TEMPLATE,
        taskManager={
            "resources": {"limits": {"memory": "2Gi"}, "requests": {"cpu": "100m"}},
            "podTemplate": {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}], "affinity": {}}},
        },
    ),
    "nested options, numbers and lists": application(
        flinkConfiguration={
            "taskmanager": {"numberOfTaskSlots": 4, "memory": {"network": {"fraction": 0.12}}},
            "z.option": True,
            "a.option": "1e3",
        },
        logConfiguration={"log4j-console.properties": "b = 1\na = 2\n"},
    ),
    "1.20": application(flinkVersion="v1_20", job={"args": ["--b", "1", "--a"], "entryClass": "a.B"}),
}


@pytest.mark.parametrize("raw", SPECS.values(), ids=SPECS)
async def test_objects_are_made_again_byte_for_byte_as_at_the_submission(raw: Json) -> None:
    """Whatever became of the spec on its way through the status."""
    cluster = await RunningCluster.of(raw, FILES)
    plan = plan_of(cluster, *missing(cluster))
    made = {name: content(cluster.object(name)) for name in cluster.checksums()}
    assert {ObjectName.of(one): content(one) for action in plan.actions for one in bodies_of(action)} == made


@pytest.mark.parametrize("raw", SPECS.values(), ids=SPECS)
async def test_edited_objects_can_be_put_back(raw: Json) -> None:
    cluster = await RunningCluster.of(raw, FILES)
    plan = plan_of(cluster, *(replace(one, drift=Drift.EDITED) for one in missing(cluster)))
    assert plan.status.error is None
    assert set(repaired(plan)) == set(cluster.checksums())


@pytest.mark.parametrize("mode", ["savepoint", "stateless"])
async def test_upgrade_mode_that_was_changed_since_does_not_change_what_was_made(mode: str) -> None:
    """With last-state, checkpoints are on by default; the record of a submission has a mode of its own."""
    options = {**KUBERNETES_HA, **SAVEPOINTS}
    cluster = await RunningCluster.of(
        application(job={"upgradeMode": "last-state"}, flinkConfiguration=options)
    )
    assert "execution.checkpointing.interval" in cluster.object(CONFIGURATION)["data"]["config.yaml"]
    cluster.raw = edited(cluster.raw, job={"upgradeMode": mode})
    cluster.raw = with_status(cluster.raw, plan_of(cluster))
    plan = plan_of(cluster, cluster.drifted(CONFIGURATION, Drift.EDITED))
    (body,) = bodies_of(plan.actions[0])
    assert body["data"] == cluster.object(CONFIGURATION)["data"]


async def test_edit_that_needs_no_new_cluster_does_not_change_what_was_made() -> None:
    """The configuration names the generation that the cluster was made for."""
    cluster = await RunningCluster.of()
    cluster.raw = edited(cluster.raw, ingress={"template": "{{name}}.example.com"})
    cluster.raw = with_status(cluster.raw, plan_of(cluster))
    assert cluster.raw["status"]["observedGeneration"] == 2
    plan = plan_of(cluster, cluster.drifted(CONFIGURATION, Drift.MISSING))
    (body,) = next(bodies_of(action) for action in plan.actions if bodies_of(action))
    assert body["data"] == cluster.object(CONFIGURATION)["data"]


def test_cluster_that_was_made_for_a_rollback_is_made_again_as_that(cluster: RunningCluster) -> None:
    """Its TaskManagers' configuration says so."""
    gone = cluster.drifted(CONFIGURATION, Drift.MISSING)
    marked = [
        ROLLBACK_ANNOTATION in body["data"]["config.yaml"]
        for is_rollback in (False, True)
        for action in plan_of(cluster, gone, cluster=cluster_of(1, is_rollback=is_rollback)).actions
        for body in bodies_of(action)
    ]
    assert marked == [False, True]


def later_version(cluster: RunningCluster) -> RunningCluster:
    """The same cluster under an operator that makes another ConfigMap of the same spec."""
    return replace(cluster, operator={"web.timeout": "1 min"})


def test_edited_object_that_would_be_made_otherwise_is_left_alone_and_told(cluster: RunningCluster) -> None:
    cluster = later_version(cluster)
    plan = plan_of(cluster, cluster.drifted(CONFIGURATION, Drift.EDITED))
    assert plan.actions == ()
    assert error_reason(plan) == "ObjectEdited"
    assert "ConfigMap flink-config-orders" in error_of(plan)
    assert [event.type for event in plan.events] == ["Warning"]
    assert plan.status.job_status.state == "RUNNING"
    assert plan.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY


def test_what_is_told_of_an_edited_object_is_told_once(cluster: RunningCluster) -> None:
    cluster = later_version(cluster)
    edit = cluster.drifted(CONFIGURATION, Drift.EDITED)
    cluster.raw = with_status(cluster.raw, plan_of(cluster, edit))
    again = plan_of(cluster, edit, at=NOW + timedelta(minutes=1))
    assert again.events == ()
    assert again.status.to_wire() == cluster.raw["status"]
    assert plan_of(cluster).status.error is None


def test_missing_object_is_made_as_it_would_be_now(cluster: RunningCluster) -> None:
    cluster = later_version(cluster)
    plan = plan_of(cluster, cluster.drifted(CONFIGURATION, Drift.MISSING))
    (body,) = bodies_of(plan.actions[0])
    assert '"web.timeout": "1 min"' in body["data"]["config.yaml"]
    assert plan.status.error is None


def test_missing_object_that_is_not_made_any_more_is_told(cluster: RunningCluster) -> None:
    gone = Drifted(ObjectName(Kind.CONFIG_MAP, "hadoop-config-orders"), Drift.MISSING, "checksum")
    plan = plan_of(cluster, gone)
    assert plan.actions == ()
    assert error_reason(plan) == "ObjectLost"


def test_spec_of_which_no_cluster_can_be_made_any_more_is_told(cluster: RunningCluster) -> None:
    subject = replace(cluster.subject, operator_configuration={"rest.port": "http"})
    plan = decide(subject, seen(cluster, cluster.drifted(REST, Drift.MISSING)))
    assert plan.actions == ()
    assert error_reason(plan) == "ObjectLost"


def test_missing_object_of_another_operators_cluster_is_made(cluster: RunningCluster) -> None:
    plan = plan_of(cluster, Drifted(CONFIGURATION, Drift.MISSING))
    assert repaired(plan) == [CONFIGURATION]


@pytest.mark.parametrize(("name", "reason"), [(REST, "ServiceExists"), (CONFIGURATION, "ConfigMapExists")])
def test_object_of_somebody_else_is_left_alone_and_told(
    cluster: RunningCluster, name: ObjectName, reason: str
) -> None:
    plan = plan_of(cluster, cluster.drifted(name, Drift.FOREIGN))
    assert plan.actions == ()
    assert error_reason(plan) == reason
    assert str(name) in error_of(plan)


def test_object_of_somebody_else_does_not_keep_others_from_being_repaired(cluster: RunningCluster) -> None:
    plan = plan_of(cluster, cluster.drifted(REST, Drift.FOREIGN), cluster.drifted(RPC, Drift.MISSING))
    assert repaired(plan) == [RPC]
    assert error_reason(plan) == "ServiceExists"


def test_repair_waits_until_the_last_one_is_long_enough_ago(cluster: RunningCluster) -> None:
    gone, first = cluster.drifted(REST, Drift.MISSING), Repairs(1, NOW + timedelta(seconds=12))
    waiting = plan_of(cluster, gone, repairs=first)
    assert waiting.actions == ()
    assert waiting.events == ()
    assert waiting.status.error is None
    assert waiting.again_after == 12
    assert repaired(plan_of(cluster, gone, repairs=first, at=first.next_at)) == [REST]


def test_who_undoes_repairs_again_and_again_is_told_of(cluster: RunningCluster) -> None:
    """And once, however long it goes on until the next attempt."""
    gone, second = cluster.drifted(REST, Drift.MISSING), Repairs(2, NOW + timedelta(minutes=1))
    waiting = plan_of(cluster, gone, repairs=second)
    assert waiting.actions == ()
    assert error_reason(waiting) == "ObjectContested"
    assert "Service orders-rest" in error_of(waiting)
    assert [event.type for event in waiting.events] == ["Warning"]
    cluster.raw = with_status(cluster.raw, waiting)
    again = plan_of(cluster, gone, repairs=second, at=NOW + timedelta(seconds=30))
    assert again.events == ()
    assert again.status.to_wire() == cluster.raw["status"]
    assert repaired(plan_of(cluster, gone, repairs=second, at=second.next_at)) == [REST]


def test_refusal_is_not_taken_for_somebody_who_undoes_repairs(cluster: RunningCluster) -> None:
    refusal = decide_failure(cluster.subject, repair_is_refused("field is immutable"), NOW)
    cluster.raw = with_status(cluster.raw, refusal)
    attempts = Repairs(3, NOW + timedelta(minutes=2))
    waiting = plan_of(cluster, cluster.drifted(REST, Drift.MISSING), repairs=attempts)
    assert error_reason(waiting) == "RepairRefused"


def test_refused_repair_says_nothing_about_the_cluster(cluster: RunningCluster) -> None:
    refusal = decide_failure(cluster.subject, repair_is_refused("field is immutable"), NOW)
    assert refusal.status.job_manager_deployment_status is JobManagerDeploymentStatus.READY
    assert error_reason(refusal) == "RepairRefused"


def test_refusal_of_a_repair_stands_until_an_attempt_goes_better(cluster: RunningCluster) -> None:
    gone = cluster.drifted(REST, Drift.MISSING)
    refusal = decide_failure(cluster.subject, repair_is_refused("field is immutable"), NOW)
    cluster.raw = with_status(cluster.raw, refusal)
    again = plan_of(cluster, gone)
    assert repaired(again) == [REST]
    assert again.events == ()
    assert again.status.to_wire() == cluster.raw["status"]
    assert plan_of(cluster).status.error is None


def test_drift_that_cannot_be_known_is_neither_repaired_nor_over(cluster: RunningCluster) -> None:
    told = with_status(cluster.raw, plan_of(cluster, cluster.drifted(REST, Drift.FOREIGN)))
    unknown = replace(up(cluster.raw), drifted=Unknown("timeout"))
    assert decide(subject_of(told), unknown).status.to_wire() == told["status"]
    assert decide(cluster.subject, unknown).status.to_wire() == cluster.raw["status"]


def test_what_was_in_the_way_of_a_submission_is_over_with_it(cluster: RunningCluster) -> None:
    told = with_status(cluster.raw, plan_of(cluster, cluster.drifted(REST, Drift.FOREIGN)))
    assert decide(subject_of(told), replace(up(cluster.raw), drifted=NOT_ASKED)).status.error is None


async def test_objects_are_repaired_while_a_change_finds_no_way() -> None:
    """The JobManager does not answer because its Service is gone."""
    cluster = await RunningCluster.of(
        application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS)
    )
    cluster.raw = edited(cluster.raw, image="flink:next")
    plan = plan_of(cluster, cluster.drifted(REST, Drift.MISSING), flink=NO_ANSWER, job=NO_ANSWER)
    assert error_reason(plan) == "WaitingForJob"
    assert repaired(plan) == [REST]


@pytest.mark.parametrize("state", [JobState.FINISHED, JobState.FAILED])
async def test_of_an_ended_jobs_cluster_only_the_services_are_seen_to(
    cluster: RunningCluster, state: JobState
) -> None:
    """What it was started from is not on record any more, and nothing is to start it again."""
    ended = up(cluster.raw, state)
    drifted = (cluster.drifted(CONFIGURATION, Drift.EDITED), cluster.drifted(REST, Drift.MISSING))
    plan = decide(cluster.subject, replace(ended, drifted=Known(drifted)))
    assert repaired(plan) == [REST]
    alone = decide(cluster.subject, replace(ended, drifted=Known(drifted[:1])))
    assert "Object" not in error_of(alone)


async def savepoint_under_way() -> RunningCluster:
    raw = application(job={"upgradeMode": "savepoint"}, flinkConfiguration=SAVEPOINTS)
    cluster = await RunningCluster.of(raw)
    cluster.raw = changing(raw, image="flink:next")
    return cluster


async def test_rest_service_is_repaired_while_a_savepoint_is_awaited() -> None:
    """Without it nobody could ask for the savepoint."""
    cluster = await savepoint_under_way()
    plan = plan_of(cluster, cluster.drifted(REST, Drift.MISSING), stop=Absent())
    assert [type(action) for action in plan.actions] == [StopWithSavepoint, RepairObjects]


@pytest.mark.parametrize("change", [{"image": "flink:next"}, {"job": {"state": "suspended"}}])
async def test_cluster_on_its_way_down_is_not_repaired(change: Json) -> None:
    cluster = await RunningCluster.of()
    gone = cluster.drifted(REST, Drift.MISSING)
    cluster.raw = edited(cluster.raw, **change)
    plan = plan_of(cluster, gone)
    assert repaired(plan) == []
    cluster.raw = with_status(cluster.raw, plan)
    assert repaired(plan_of(cluster, gone)) == []


async def test_session_cluster_on_its_way_down_is_not_repaired() -> None:
    cluster = await RunningCluster.of(session())
    gone = cluster.drifted(REST, Drift.MISSING)
    cluster.raw = edited(cluster.raw, image="flink:next")
    cluster.raw = with_status(cluster.raw, plan_of(cluster, gone))
    assert repaired(plan_of(cluster, gone)) == []


def test_resource_that_is_being_deleted_is_not_repaired(cluster: RunningCluster) -> None:
    gone = cluster.drifted(REST, Drift.MISSING)
    cluster.raw = with_metadata(cluster.raw, deletionTimestamp="2026-11-21T12:00:00Z")
    assert repaired(plan_of(cluster, gone)) == []


def test_cluster_that_is_gone_is_recovered_and_not_repaired(cluster: RunningCluster) -> None:
    plan = plan_of(cluster, cluster.drifted(REST, Drift.MISSING), cluster=Absent())
    assert repaired(plan) == []
    assert "RecoverDeployment" in [event.reason for event in plan.events]


def error_reason(plan: Plan) -> str:
    return str(json.loads(error_of(plan))["type"])
