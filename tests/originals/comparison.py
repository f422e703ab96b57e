"""What is different between an original and our objects, and which of it is so on purpose."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from controller.flink.cluster import cluster_objects, owned_by
from controller.flink.operator_files import OperatorFiles
from shared.config.effective import Submission
from shared.model import FlinkDeployment
from tests.originals.case import FOLDER, JOB_ID, LOG_FILES, Case, Json
from tests.originals.objects import DEPLOYMENT_UID, fields

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One field that is not the same on both sides."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}: theirs {self.theirs!r}, ours {self.ours!r}"


def ours(case: Case, release: str) -> list[Json]:
    """The objects that we make, as they are when the Deployment is released."""
    resource = FlinkDeployment.model_validate(case.resource(release))
    submission = Submission(1, None if case.session else JOB_ID)
    cluster = cluster_objects(resource, submission, {}, _files(case))
    deployment = cluster.deployment
    deployment["metadata"]["uid"] = DEPLOYMENT_UID
    return [deployment, *(owned_by(deployment, body) for body in cluster.owned)]


def _files(case: Case) -> OperatorFiles:
    return OperatorFiles(
        log=dict.fromkeys(LOG_FILES, ""),
        hadoop=case.hadoop,
        kerberos={name: content.encode() for name, content in case.files.items()},
        folder=FOLDER,
    )


def differences(theirs: list[Json], ours: list[Json]) -> list[Difference]:
    """All fields that differ, by path."""
    their_fields, our_fields = fields(theirs), fields(ours)
    found = [
        Difference(path, their_fields.get(path, ABSENT), our_fields.get(path, ABSENT))
        for path in sorted(their_fields.keys() | our_fields.keys())
    ]
    return [one for one in found if one.theirs != one.ours]


def unexpected(case: Case, found: list[Difference]) -> list[Difference]:
    """Those that no entry of the table explains."""
    return [one for one in found if not any(entry.explains(case.name, one) for entry in DELIBERATE)]


@dataclass(frozen=True)
class Deliberate:
    """A difference on purpose. Patterns match whole texts; values as Python prints them."""

    path: str
    theirs: str
    ours: str
    reason: str
    cases: tuple[str, ...] = ()
    """Where it may appear; everywhere if empty."""

    def explains(self, case: str, one: Difference) -> bool:
        """Whether the case's difference is this one."""
        return (not self.cases or case in self.cases) and all(
            re.fullmatch(pattern, str(value), re.DOTALL)
            for pattern, value in ((self.path, one.path), (self.theirs, one.theirs), (self.ours, one.ours))
        )


_ABSENT = re.escape(ABSENT)
_OPTIONS = r"ConfigMap flink-config-orders/data/(config.yaml|flink-conf.yaml)"
_POD = "Deployment orders/spec/template/spec"
_MAIN = rf"{_POD}/containers\[flink-main-container\]"

DELIBERATE = (
    Deliberate(
        "Deployment orders/spec/paused",
        _ABSENT,
        "True",
        "No pod is made before its ConfigMaps are there; afterwards the Deployment is released.",
    ),
    Deliberate(
        r"ConfigMap [\w-]+-orders/metadata/labels/configmap-type",
        _ABSENT,
        "configuration",
        "It tells them from Flink's own ConfigMaps, which must not be watched.",
    ),
    Deliberate(
        rf"{_POD}/(initContainers|containers)\[.*\]/terminationMessagePolicy",
        _ABSENT,
        "FallbackToLogsOnError",
        "Why a container crashed is read from its pod's status.",
    ),
    Deliberate(
        rf"{_OPTIONS}/execution\.(attached|shutdown-on-attached-exit)",
        "true|false",
        _ABSENT,
        "The command line's own; Apache's operator does not set them.",
    ),
    Deliberate(
        rf"{_OPTIONS}/execution\.state-recovery\.(claim-mode|ignore-unclaimed-state)",
        "NO_CLAIM|false",
        _ABSENT,
        "The command line writes out Flink's defaults; Apache's operator does not.",
    ),
    Deliberate(
        rf"{_OPTIONS}/(\$internal\.application\.program-args|pipeline\.classpaths)",
        "",
        _ABSENT,
        "An empty list says the same as none.",
    ),
    Deliberate(
        rf"{_OPTIONS}/application-result-store\.storage-path",
        _ABSENT,
        ".*/application-result-store/orders/.*",
        "A result that was left there by an older deployment would keep a newer one from starting its job.",
        cases=("high-availability", "zookeeper"),
    ),
    Deliberate(
        rf"{_OPTIONS}/kubernetes\.pod-template-file\.jobmanager",
        f"{FOLDER}/jobmanager-template.yaml",
        _ABSENT,
        "A file on the client's machine, which nothing in the cluster reads.",
    ),
    Deliberate(
        rf"{_OPTIONS}/kubernetes\.pod-template-file\.taskmanager",
        f"{FOLDER}/taskmanager-template.yaml",
        "/opt/flink/pod-template/taskmanager-pod-template.yaml",
        "A file on the client's machine; ours is where the JobManager finds it.",
    ),
    Deliberate(
        rf"{_OPTIONS}/kubernetes\..*",
        _ABSENT,
        "",
        "Flink before 2.0 skips options without a value when it reads its file.",
        cases=("empty-options",),
    ),
    Deliberate(
        rf"{_MAIN}/resources/limits/cpu",
        "0.301",
        "0.3",
        "Java's 0.1 * 3.0 is a little more than 0.3, and the API server rounds up; we calculate exactly.",
        cases=("limits",),
    ),
    Deliberate(
        rf"({_POD}/volumes|{_MAIN}/volumeMounts)/order",
        ".*'other-volume', 'credentials-volume'.*",
        ".*'credentials-volume', 'other-volume'.*",
        "Java keeps no order in a map; ours is that of the option.",
        cases=("container",),
    ),
    Deliberate(
        rf"{_MAIN}/env/order",
        r"\['MASTER', 'ANOTHER', .*",
        r"\['ANOTHER', 'MASTER', .*",
        "Java keeps no order in a map; ours are sorted.",
        cases=("container",),
    ),
)


def unused(found: Iterable[tuple[str, Difference]]) -> list[Deliberate]:
    """Entries of the table that explain nothing of what was found, by case."""
    everything = list(found)
    return [entry for entry in DELIBERATE if not any(entry.explains(case, one) for case, one in everything)]
