"""For every CEL rule that looks at what runs: which changes it refuses, and which not."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from shared import API_VERSION
from shared.model import FlinkDeployment, FlinkSessionJob
from shared.model.deployment import FlinkDeploymentSpec
from shared.model.reconciled_spec import ReconciledSpec
from shared.model.session_job import FlinkSessionJobSpec
from shared.schema.cel import CelRule
from shared.schema.cel_rules import CEL_RULES
from tests.api.api_server import Json
from tests.api.edits import merged
from tests.api.resources import flink_deployment, session_job
from tests.api.rule_cases import RuleKey, key_of


class TransitionCase(NamedTuple):
    """Patches of the spec that runs: those that its rule refuses, and those that it does not."""

    name: str
    model: type[BaseModel]
    code: str
    at: str
    running: Json
    """The spec that was deployed."""
    refused: Sequence[Json]
    allowed: Sequence[Json]

    @property
    def rule(self) -> CelRule:
        (rule,) = (rule for rule in CEL_RULES[self.model] if rule.code == self.code)
        return rule

    @property
    def key(self) -> RuleKey:
        return key_of(self.model, self.rule)

    @property
    def resource(self) -> Json:
        """The resource with the spec that runs, as its owner wrote it."""
        base = flink_deployment if self.model is FlinkDeployment else session_job
        return {**base("subject"), "spec": self.running}

    def edits(self) -> Iterator[Json]:
        """The specs that the rule refuses."""
        for patch in self.refused:
            yield merged(self.running, patch)


def document_of(kind: str, spec: Json, *, first: bool = True) -> str:
    """The text in the status that says that this spec runs."""
    if kind == "FlinkDeployment":
        return ReconciledSpec(FlinkDeploymentSpec.model_validate(spec), first).to_json()
    metadata = {"apiVersion": API_VERSION, "firstDeployment": first}
    recorded = FlinkSessionJobSpec.model_validate(spec).model_dump(mode="json", by_alias=True)
    return orjson.dumps({"spec": recorded, "resource_metadata": metadata}).decode()


def _spec(job: Json | None = None, **spec: Any) -> Json:
    wanted: Json = flink_deployment("subject", job, **spec)["spec"]
    return wanted


def _job_spec(**spec: Any) -> Json:
    wanted: Json = session_job("subject", **spec)["spec"]
    return wanted


_PATH = {"initialSavepointPath": "s3://bucket/savepoint-1"}


def _of_mode(name: str, running: str | None, refused: Sequence[str | None]) -> TransitionCase:
    allowed = [mode for mode in (None, "native", "standalone") if mode not in refused]
    return TransitionCase(
        name,
        FlinkDeployment,
        "FK114",
        at="spec.mode",
        running=_spec(mode=running),
        refused=[{"mode": mode} for mode in refused],
        allowed=[{"mode": mode} for mode in allowed],
    )


def _of_nonce(name: str, running: Json, refused: Sequence[Json], allowed: Sequence[Json]) -> TransitionCase:
    return TransitionCase(
        name,
        FlinkDeployment,
        "FK115",
        at="spec.job.initialSavepointPath",
        running=_spec(running),
        refused=[{"job": patch} for patch in refused],
        allowed=[{"job": patch} for patch in allowed],
    )


TRANSITION_CASES: Sequence[TransitionCase] = (
    TransitionCase(
        "application",
        FlinkDeployment,
        "FK113",
        at="spec.job",
        running=_spec(),
        refused=[{"job": None}],
        allowed=[{"job": {"parallelism": 5}}, {"job": {"state": "suspended"}}],
    ),
    TransitionCase(
        "session",
        FlinkDeployment,
        "FK113",
        at="spec.job",
        running={name: value for name, value in _spec().items() if name != "job"},
        refused=[{"job": _spec()["job"]}],
        allowed=[{"image": "other"}],
    ),
    _of_mode("mode-unsaid", None, refused=["standalone"]),
    _of_mode("native", "native", refused=["standalone"]),
    _of_mode("standalone", "standalone", refused=[None, "native"]),
    _of_nonce(
        "no-nonce",
        {},
        refused=[{"savepointRedeployNonce": nonce} for nonce in (0, 1, -1)]
        + [{"savepointRedeployNonce": 1, "initialSavepointPath": path} for path in ("", "  ")],
        allowed=[{"savepointRedeployNonce": 1, **_PATH}, {"savepointTriggerNonce": 1}],
    ),
    _of_nonce(
        "nonce-with-path",
        {"savepointRedeployNonce": 5, **_PATH},
        refused=[{"savepointRedeployNonce": nonce, "initialSavepointPath": None} for nonce in (6, 55, -5, 0)],
        allowed=[
            {"initialSavepointPath": None},
            {"savepointRedeployNonce": 6},
            {"savepointRedeployNonce": None, "initialSavepointPath": None},
            {"savepointRedeployNonce": 6, "initialSavepointPath": "s3://bucket/savepoint-2"},
        ],
    ),
    _of_nonce(
        "negative-nonce",
        {"savepointRedeployNonce": -(2**63), "args": ['{"savepointRedeployNonce":7}']},
        refused=[{"savepointRedeployNonce": nonce} for nonce in (7, 2**63 - 1)],
        allowed=[{"parallelism": 5}, {"savepointRedeployNonce": None}],
    ),
    TransitionCase(
        "session-job",
        FlinkSessionJob,
        "FK204",
        at="spec.deploymentName",
        running=_job_spec(),
        refused=[{"deploymentName": "other"}, {"deploymentName": "sessio"}, {"deploymentName": "session2"}],
        allowed=[{"restartNonce": 1}, {"job": {"parallelism": 5}}],
    ),
    TransitionCase(
        "session-job-with-a-like-named-option",
        FlinkSessionJob,
        "FK204",
        at="spec.deploymentName",
        running=_job_spec(flinkConfiguration={"deploymentName": "option", "a": {"deploymentName": "deep"}}),
        refused=[{"deploymentName": "other"}, {"deploymentName": "option"}],
        allowed=[{"restartNonce": 1}],
    ),
)
