"""A cluster that runs, with all objects that were made for it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

from controller.act import Actor
from controller.cache import Cache, SeenObject, kept_of_deployment
from controller.decide import decide
from controller.decide.subject import Subject
from controller.flink.checksums import Kind, ObjectName, recorded_checksums
from controller.flink.operator_files import OperatorFiles
from controller.flink.rest import FlinkRest
from controller.kubernetes_api import DEPLOYMENTS, Object
from controller.observation import Drift, Drifted
from controller.plan import CreateCluster
from controller.repair import COLLECTIONS
from tests.unit.fake_flink import SilentFlink
from tests.unit.fake_kubernetes import FakeKubernetes
from tests.unit.flink_deployments import application, observed, subject_of
from tests.unit.recorded_deployments import deployed

Json = dict[str, Any]
REST = ObjectName(Kind.SERVICE, "orders-rest")
RPC = ObjectName(Kind.SERVICE, "orders")
CONFIGURATION = ObjectName(Kind.CONFIG_MAP, "flink-config-orders")


@dataclass
class RunningCluster:
    """A resource whose job runs, and the API server with its cluster."""

    raw: Json
    kubernetes: FakeKubernetes
    files: OperatorFiles = field(default_factory=OperatorFiles)
    operator: Mapping[str, str] = field(default_factory=dict)
    """The operator's configuration now; the cluster was made without any."""

    @classmethod
    async def of(cls, raw: Json | None = None, files: OperatorFiles | None = None) -> "RunningCluster":
        """As the controller makes it."""
        raw, files = raw or application(), files or OperatorFiles()
        kubernetes, subject = FakeKubernetes(), subject_of(raw, files=files)
        (create,) = (one for one in decide(subject, observed()).actions if isinstance(one, CreateCluster))
        await Actor(kubernetes.api, cast(FlinkRest, SilentFlink())).perform(create, subject)
        kubernetes.calls.clear()
        return cls(deployed(raw), kubernetes, files)

    @property
    def subject(self) -> Subject:
        """What is decided about."""
        return subject_of(self.raw, self.operator, self.files)

    @property
    def deployment(self) -> Object:
        """The JobManager's."""
        return self.kubernetes.object(DEPLOYMENTS, "orders")

    def object(self, name: ObjectName) -> Object:
        """As it is now."""
        return self.kubernetes.object(COLLECTIONS[name.kind], name.name)

    def delete(self, name: ObjectName) -> None:
        """By hand."""
        self.kubernetes.remove(COLLECTIONS[name.kind], name.name)

    def edit_configuration(self) -> None:
        """By hand."""
        self.object(CONFIGURATION)["data"]["config.yaml"] += '"by": "hand"\n'

    def checksums(self) -> dict[ObjectName, str]:
        """Those on record."""
        return recorded_checksums(self.deployment) or {}

    def drifted(self, name: ObjectName, drift: Drift) -> Drifted:
        """As it is observed."""
        return Drifted(name, drift, self.checksums().get(name))


class WatchedCluster(Cache):
    """What the watches have shown of a cluster: everything as it was when this was made."""

    def __init__(self, cluster: RunningCluster) -> None:
        super().__init__()
        self._deployment = kept_of_deployment(deepcopy(cluster.deployment))
        self.seen = {
            ObjectName(kind, body["metadata"]["name"]): SeenObject.of(kind, body)
            for kind, collection in COLLECTIONS.items()
            for body in cluster.kubernetes.bodies(collection)
        }

    def deployment(self, namespace: str, name: str) -> Object | None:
        """The JobManager's."""
        del namespace
        return self._deployment if name == "orders" else None

    def accompanying(self, kind: Kind, namespace: str, name: str) -> SeenObject | None:
        """As it was seen."""
        del namespace
        return self.seen.get(ObjectName(kind, name))
