"""The controller that the chart installs, stopped for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster import Cluster
from tests.installation import NAMESPACE

_DEPLOYMENT = "deployment/flink-operator-controller"
_PODS = "app.kubernetes.io/component=controller"


@contextmanager
def stopped_controller(operator: Cluster) -> Iterator[None]:
    """No controller runs until the end of the block; then it is up again."""
    if operator.external:
        pytest.skip("the controller of somebody else's cluster is not ours to stop")
    kubectl = ("-n", NAMESPACE, "scale", _DEPLOYMENT)
    operator.kubectl(*kubectl, "--replicas=0")
    operator.kubectl("-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", _PODS, "--timeout=60s", timeout=70)
    try:
        yield
    finally:
        operator.kubectl(*kubectl, "--replicas=1")
        operator.kubectl("-n", NAMESPACE, "rollout", "status", _DEPLOYMENT, "--timeout=90s", timeout=100)
