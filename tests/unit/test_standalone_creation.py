"""A standalone cluster's creation: TaskManagers come last, and every step can be repeated after a crash."""

from typing import cast

import pytest

from controller.act import ActionRefused, Actor
from controller.decide.subject import Subject
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICES
from controller.plan import CreateCluster
from shared.config.effective import Submission
from tests.unit.fake_flink import SilentFlink
from tests.unit.fake_kubernetes import Call, Crash, FakeKubernetes
from tests.unit.flink_deployments import application, deployment_object, subject_of, with_metadata

FILES = OperatorFiles(kerberos={"flink.keytab": b"keys"}, folder="/opt/flink/conf")
OPTIONS = {
    "security.kerberos.login.keytab": "/opt/flink/conf/flink.keytab",
    "security.kerberos.login.principal": "flink@EXAMPLE.COM",
}
RAW = application(mode="standalone", flinkConfiguration=OPTIONS)
CALLS = 7  # JobManager, two Services, a ConfigMap, a Secret, TaskManagers, release


def create() -> tuple[CreateCluster, Subject]:
    subject = subject_of(RAW, files=FILES)
    return CreateCluster(subject.spec, Submission(1, "0" * 32)), subject


async def perform(kubernetes: FakeKubernetes) -> None:
    await Actor(kubernetes.api, cast(FlinkRest, SilentFlink())).perform(*create())


def assert_complete(kubernetes: FakeKubernetes) -> None:
    assert kubernetes.names(DEPLOYMENTS) == ["orders", "orders-taskmanager"]
    assert kubernetes.object(DEPLOYMENTS, "orders")["spec"]["paused"] is False
    assert kubernetes.names(SERVICES) == ["orders", "orders-rest"]
    assert kubernetes.names(CONFIG_MAPS) == ["flink-config-orders"]
    assert kubernetes.names(SECRETS) == ["kerberos-keytab-orders"]


async def test_task_managers_are_made_when_all_that_they_mount_is_there() -> None:
    kubernetes = FakeKubernetes()
    await perform(kubernetes)
    assert_complete(kubernetes)
    assert len(kubernetes.calls) == CALLS
    assert kubernetes.calls[0] == ("create", "deployments", "orders")
    assert kubernetes.calls[-2:] == [
        ("create", "deployments", "orders-taskmanager"),
        ("merge", "deployments", "orders"),
    ]


@pytest.mark.parametrize("calls_before_the_crash", range(CALLS))
async def test_creation_that_was_cut_short_is_completed(calls_before_the_crash: int) -> None:
    kubernetes = FakeKubernetes()

    def crash(call: Call) -> None:
        if call[0] != "get" and len(kubernetes.calls) == calls_before_the_crash:
            raise Crash

    kubernetes.before = crash
    with pytest.raises((Crash, BaseExceptionGroup)):
        await perform(kubernetes)
    kubernetes.before = lambda _: None
    await perform(kubernetes)
    assert_complete(kubernetes)


async def test_task_managers_of_another_generation_are_not_relied_on() -> None:
    older = with_metadata(deployment_object(RAW, generation=7), name="orders-taskmanager")
    kubernetes = FakeKubernetes((DEPLOYMENTS, older))
    with pytest.raises(ActionRefused, match="orders-taskmanager"):
        await perform(kubernetes)
    assert kubernetes.object(DEPLOYMENTS, "orders")["spec"]["paused"] is True
