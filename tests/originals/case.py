"""A cluster told twice: as a FlinkDeployment, and as Flink's client is told by Apache's operator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

RELEASES = ("2.3", "1.20")
NAME, NAMESPACE, UID = "orders", "shop", "94dbda97-6605-46a2-8d32-28bb2d447bd0"
JOB_ID = "d7203a3b348850bf90e5f4209f3b6095"
FOLDER = "/the-operators-folder"
"""Stands for the client's own folder in options; it has another place in each run."""

LOG_FILES = ("log4j-console.properties", "logback-console.xml")
"""Those of the operator's own, empty here: they are used where the resource brings none."""

_ENTRY_CLASS = "my.Main"
_GENERATION = "flinkdeployment.flink.apache.org/generation:1"
_OWNER = (
    f"apiVersion:flink.apache.org/v1beta1,kind:FlinkDeployment,name:{NAME},uid:{UID},"
    "blockOwnerDeletion:true,controller:false"
)
_NO_PROBE = {"kubernetes.operator.jm-deployment.startup.probe.enabled": "false"}
_MEMORY = {"jobmanager.memory.process.size": "1024m", "taskmanager.memory.process.size": "1024m"}


@dataclass(frozen=True)
class Case:
    """One configuration. `options` and `template` go to both; for `spec` the client has other words."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    template: Json | None = None
    """The common pod template."""
    client_template: Json | None = None
    """The JobManager's as Apache's operator hands it to the client, where that is another."""
    spec: Json = field(default_factory=dict)
    client: Mapping[str, str] = field(default_factory=dict)
    """What Apache's operator makes of `spec` for the client."""
    jar: str = "local:///opt/flink/usrlib/job.jar"
    arguments: tuple[str, ...] = ()
    session: bool = False
    startup_probe: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    """Text of the files in the client's folder that options name."""
    hadoop: Mapping[str, str] = field(default_factory=dict)
    """Text of Hadoop's files on the client's machine."""
    releases: tuple[str, ...] = RELEASES

    def resource(self, release: str) -> Json:
        """The FlinkDeployment."""
        operator = {} if self.startup_probe else _NO_PROBE
        spec: Json = {
            "image": "flink:x",
            "flinkVersion": _wire(release),
            "serviceAccount": "flink",
            "flinkConfiguration": {**_MEMORY, **operator, **self.options},
            **({"podTemplate": self.template} if self.template else {}),
            **({} if self.session else {"job": self._job()}),
            **self.spec,
        }
        return {
            "apiVersion": "flink.apache.org/v1beta1",
            "kind": "FlinkDeployment",
            "metadata": {"name": NAME, "namespace": NAMESPACE, "uid": UID, "generation": 1},
            "spec": spec,
        }

    @property
    def log_files(self) -> dict[str, str]:
        """The log configurations in the client's folder."""
        return self.spec.get("logConfiguration") or dict.fromkeys(LOG_FILES, "")

    def _job(self) -> Json:
        job: Json = {
            "jarURI": self.jar,
            "entryClass": _ENTRY_CLASS,
            "parallelism": 2,
            "upgradeMode": "stateless",
        }
        return {**job, "args": list(self.arguments)} if self.arguments else job

    def client_options(self, release: str) -> dict[str, str]:
        """Flink's configuration as Apache's operator derives it (contract part 3.2)."""
        given = {**_MEMORY, **self.options}
        annotations = given.get("kubernetes.jobmanager.annotations")
        derived = {
            "kubernetes.jobmanager.annotations": f"{annotations},{_GENERATION}"
            if annotations
            else _GENERATION,
            "kubernetes.jobmanager.owner.reference": _OWNER,
            "kubernetes.container.image.ref": "flink:x",
            "kubernetes.service-account": "flink",
            "$internal.flink.version": _wire(release),
        }
        if not self.session:
            derived |= {
                "execution.shutdown-on-application-finish": "false",
                "parallelism.default": "2",
                "$internal.pipeline.job-id": JOB_ID,
            }
        if storage := given.get("high-availability.storageDir"):
            derived["high-availability.cluster-id"] = NAME
            if not self.session:
                derived["job-result-store.delete-on-commit"] = "false"
                derived["job-result-store.storage-path"] = (
                    f"{storage}/job-result-store/{NAME}/{JOB_ID}-1"  # any path of its own serves
                )
        return {**self._defaults(), **given, **derived, **self.client}

    def _defaults(self) -> dict[str, str]:
        common = {"kubernetes.rest-service.exposed.type": "ClusterIP", "web.cancel.enable": "false"}
        if self.session:
            return common
        return common | {
            "execution.submit-failed-job-on-application-error": "true",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "pipeline.name": NAME,
        }

    def client_command(self, release: str) -> list[str]:
        """Script below Flink's home, and its arguments."""
        if self.session:
            return ["bin/kubernetes-session.sh"]
        verb = "run" if release != "1.20" else "run-application"
        return [
            "bin/flink",
            verb,
            "--target",
            "kubernetes-application",
            "--class",
            _ENTRY_CLASS,
            self.jar,
            *self.arguments,
        ]


def _wire(release: str) -> str:
    return f"v{release.replace('.', '_')}"
