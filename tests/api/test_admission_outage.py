"""While no webhook answers: changes wait, deletions go on, the schema still holds."""

from collections.abc import Iterator

import pytest

from tests.api.admission import Admission, admission
from tests.api.api_server import ApiServer
from tests.api.namespace import Namespace
from tests.api.resources import flink_deployment
from tests.cluster import Cluster


@pytest.fixture(scope="module")
def silent_webhook(
    cluster: Cluster, api: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admission]:
    """A webhook that was in force and whose process has ended."""
    with admission(cluster, api, tmp_path_factory.mktemp("silent-webhook")) as it:
        it.process.stop()
        yield it


def test_a_change_is_refused_with_the_name_of_what_is_missing(
    namespace: Namespace, silent_webhook: Admission
) -> None:
    namespace.apply(flink_deployment("job"))
    silent_webhook.guard(namespace)
    message = namespace.apply_is_refused(flink_deployment("job", {"parallelism": 2}))
    assert 'failed calling webhook "validationwebhook.flink.apache.org"' in message
    assert "connection refused" in message
    assert namespace.get("job")["spec"]["job"]["parallelism"] == 1


def test_a_new_resource_is_refused(namespace: Namespace, silent_webhook: Admission) -> None:
    silent_webhook.guard(namespace)
    assert "validationwebhook.flink.apache.org" in namespace.apply_is_refused(flink_deployment("job"))
    assert namespace.find("job") is None


def test_the_schema_still_refuses_a_wrong_value(namespace: Namespace, silent_webhook: Admission) -> None:
    silent_webhook.guard(namespace)
    message = namespace.apply_is_refused(flink_deployment("job", {"upgradeMode": "savepiont"}))
    assert 'spec.job.upgradeMode: Unsupported value: "savepiont"' in message


def test_deletion_goes_on(namespace: Namespace, silent_webhook: Admission) -> None:
    namespace.store(flink_deployment("job", serviceAccount=None))
    silent_webhook.guard(namespace)
    assert "deleted" in namespace.succeeds("delete", "flinkdeployment", "job", "--timeout=10s")


def test_a_controllers_bookkeeping_goes_on(namespace: Namespace, silent_webhook: Admission) -> None:
    namespace.store(flink_deployment("job"))
    silent_webhook.guard(namespace)
    namespace.patch("job", {"metadata": {"finalizers": ["example.com/hold"]}})
    namespace.patch("job", {"status": {"lifecycleState": "STABLE"}}, subresource="status")
    namespace.succeeds("delete", "flinkdeployment", "job", "--wait=false")
    namespace.patch("job", {"metadata": {"finalizers": None}})
    assert namespace.find("job") is None


def test_changes_pass_again_when_the_webhook_is_back(namespace: Namespace, silent_webhook: Admission) -> None:
    silent_webhook.guard(namespace)
    silent_webhook.restart()
    try:
        assert "created" in namespace.apply(flink_deployment("job"))
    finally:
        silent_webhook.process.stop()
