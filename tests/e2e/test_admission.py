"""The webhook as users meet it, through kubectl."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.e2e.conftest import Release
from tests.e2e.flink import Flink, application
from tests.installation import NAMESPACE
from tests.polling import eventually


def test_every_mistake_is_told_in_one_rejection(flink: Flink, release: Release) -> None:
    wrong = application(
        "wrong",
        release.image,
        "v9_9",
        serviceAccount=None,
        jobManager={"resource": {"memory": "plenty"}},
        job={"parallelism": 0, "upgradeMode": "last-state"},
    )

    answer = flink.apply(wrong, check=False)

    for path in (
        "spec.flinkVersion",
        "spec.serviceAccount",
        "spec.job.parallelism",
        "spec.jobManager.resource.memory",
        "spec.flinkConfiguration[execution.checkpointing.dir]",
    ):
        assert path in answer
    assert "Traceback" not in answer
    assert flink.items("flinkdeployment") == []


@pytest.mark.alone
def test_restart_of_the_webhook_fails_no_request(flink: Flink, release: Release) -> None:
    resource = application("dry", release.image, release.version)
    over = Event()

    def apply_until_over() -> list[str]:
        answers = []
        while not over.is_set():
            answers.append(
                flink.kubectl("apply", "--dry-run=server", "-f", "-", stdin=json.dumps(resource), check=False)
            )
        return answers

    before = _webhook_pods(flink)
    with ThreadPoolExecutor(max_workers=3) as pool:
        loops = [pool.submit(apply_until_over) for _ in range(3)]
        try:
            flink.cluster.kubectl("-n", NAMESPACE, "rollout", "restart", "deployment/flink-operator-webhook")
            eventually(
                lambda: not _webhook_pods(flink) & before, within=120, what="the old webhook pods are gone"
            )
        finally:
            over.set()
        answers = [answer for loop in loops for answer in loop.result()]

    assert len(answers) > 10
    assert [answer for answer in answers if "created (server dry run)" not in answer] == []


def _webhook_pods(flink: Flink) -> set[str]:
    selector = ("-l", "app.kubernetes.io/component=webhook")
    return set(flink.cluster.kubectl("-n", NAMESPACE, "get", "pods", *selector, "-o", "name").stdout.split())
