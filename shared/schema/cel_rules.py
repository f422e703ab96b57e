"""The CEL rules of each model.

What may not change is compared with what runs. That is a JSON document in the status, which CEL cannot read,
but whose text is the contract's to the letter (part 1.7); a text of another form forbids nothing here.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from shared.model import FlinkBlueGreenDeployment, FlinkDeployment, FlinkSessionJob, FlinkStateSnapshot
from shared.model.blue_green import FlinkBlueGreenDeploymentSpec
from shared.model.deployment import (
    IMAGE_PULL_POLICIES,
    LOG_FILES,
    OLDEST_SUPPORTED,
    FlinkDeploymentSpec,
    FlinkVersion,
    IngressSpec,
    Resource,
    ResourceRequirements,
)
from shared.model.session_job import FlinkSessionJobSpec
from shared.model.state_snapshot import FlinkStateSnapshotSpec
from shared.schema.cel import CelRule, broken_before, unchanged
from shared.schema.cel_amounts import REQUIREMENTS, RESOURCE

_NAME = r"^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$"
_NAME_MESSAGE = "use at most 45 lower-case letters, digits and hyphens, a letter first, no hyphen last"

_LAST = "self.status.reconciliationStatus.lastReconciledSpec"
_METADATA = '"resource_metadata":{"apiVersion":"flink.apache.org/v1beta1","firstDeployment":'


def _ends(text: str) -> str:
    """CEL: the last field of the recorded spec is written so."""
    return " || ".join(f"{_LAST}.endsWith('{text}}},{_METADATA}{flag}}}}}')" for flag in ("true", "false"))


_NOTHING_RECORDED = f"""!has(self.status) || !has(self.status.reconciliationStatus) || !has({_LAST})
        || !{_LAST}.startsWith('{{"spec":{{"job":') || !({_ends("")})"""
_STANDALONE = "(has(self.spec.mode) && self.spec.mode == 'standalone')"
_SAME_MODE = f"""{_NOTHING_RECORDED} || ({_STANDALONE}
        ? !({_ends('"mode":null')} || {_ends('"mode":"native"')}) : !({_ends('"mode":"standalone"')}))"""
_NONCE_KEY = 'yNonce":'
"""The end of savepointRedeployNonce, and of no key before it: a shorter text is cheaper to look for."""
_REDEPLOY = "self.spec.job.savepointRedeployNonce"
_OLD_PATH = "old.spec.job.initialSavepointPath"
_SAME_REDEPLOY = f"""has(old.spec.job) && {unchanged("spec.job.savepointRedeployNonce")}
        && (!has({_OLD_PATH}) || size({_OLD_PATH}) == 0 || {_OLD_PATH}.startsWith(' '))"""
_CLUSTER_KEY = '"deploymentName":"'
_PARALLELISM = "!has(self.job) || (has(self.job.parallelism) && self.job.parallelism >= 1)"
_PARALLELISM_OR_REPLICAS = f"(has(self.taskManager) && has(self.taskManager.replicas)) || {_PARALLELISM}"
_CLUSTER_NAMED = "has(self.deploymentName) && self.deploymentName != ''"
_ONE_OF_TWO = "has(self.savepoint) != has(self.checkpoint)"
_JOB_KNOWN = (
    "(has(self.savepoint) && has(self.savepoint.alreadyExists) && self.savepoint.alreadyExists)"
    " || (has(self.jobReference) && has(self.jobReference.kind) && has(self.jobReference.name)"
    " && self.jobReference.name != '')"
)
_NOT_SUPPORTED = [one.value for one in FlinkVersion if one.number < OLDEST_SUPPORTED.number]
_LOG_FILE = f"name in {list(LOG_FILES)}"
_TEMPLATE = "has(self.template) && has(self.template.spec)"
_ANEW = "delete the resource and create it anew, or use another name"

_SPEC = CelRule(
    "FK012",
    "has(self.spec)",
    "what is wanted",
    path=".spec",
    is_about_absence=True,
    tolerated="!has(old.spec)",
)

_DEPLOYMENT = (
    _SPEC,
    CelRule(
        "FK101",
        f"self.metadata.name.matches('{_NAME}')",
        _NAME_MESSAGE,
        path=".metadata.name",
        tolerated="true",
    ),
    CelRule(
        "FK113",
        f"""{_NOTHING_RECORDED}
        || {_LAST}.startsWith('{{"spec":{{"job":null,') != has(self.spec.job)""",
        f"a running application cluster cannot become a session cluster, nor the reverse: {_ANEW}",
        path=".spec.job",
        tolerated="has(old.spec.job) == has(self.spec.job)",
    ),
    CelRule(
        "FK114",
        _SAME_MODE,
        f"the mode of a running cluster cannot change: {_ANEW}",
        path=".spec.mode",
        tolerated=f"{_STANDALONE} == {_STANDALONE.replace('self', 'old')}",
    ),
    CelRule(
        "FK115",
        f"""{_NOTHING_RECORDED} || !has(self.spec.job) || !has({_REDEPLOY})
        || (has(self.spec.job.initialSavepointPath) && self.spec.job.initialSavepointPath.matches('[^ ]'))
        || {_LAST}.contains('{_NONCE_KEY}') && !{_LAST}.contains('{_NONCE_KEY}null')
          && int({_LAST}.find('{_NONCE_KEY}-?[0-9]+').substring({len(_NONCE_KEY)})) == {_REDEPLOY}""",
        "a new savepointRedeployNonce redeploys the job from this savepoint: set its path",
        path=".spec.job.initialSavepointPath",
        tolerated=_SAME_REDEPLOY,
    ),
)

_DEPLOYMENT_SPEC = (
    CelRule(
        "FK102",
        "has(self.flinkVersion)",
        "the Flink version of the image, for example v2_3",
        path=".flinkVersion",
        is_about_absence=True,
        tolerated="!has(old.flinkVersion)",
    ),
    CelRule(
        "FK103",
        f"!(self in {_NOT_SUPPORTED})",
        "is no longer supported: use v1_15 or newer",
        field="flinkVersion",
    ),
    CelRule(
        "FK108",
        _PARALLELISM_OR_REPLICAS,
        "must be at least 1, unless taskManager.replicas is set",
        path=".job.parallelism",
        tolerated=broken_before(_PARALLELISM_OR_REPLICAS),
    ),
    CelRule(
        "FK116",
        f"self.all(name, {_LOG_FILE})",
        "Flink reads log4j-console.properties and logback-console.xml only",
        field="logConfiguration",
        tolerated=f"self.all(name, {_LOG_FILE} || name in old)",
    ),
    CelRule(
        "FK119",
        f"self in {list(IMAGE_PULL_POLICIES)}",
        "must be IfNotPresent, Always or Never",
        field="imagePullPolicy",
    ),
)

_INGRESS = (
    CelRule(
        "FK121",
        "has(self.template)",
        "host or host/path, with {{name}} and {{namespace}} in it",
        path=".template",
        is_about_absence=True,
        tolerated="!has(old.template)",
    ),
)

_SESSION_JOB = (
    _SPEC,
    CelRule(
        "FK204",
        f"""{_NOTHING_RECORDED} || !has(self.spec.deploymentName) || !{_LAST}.contains('{_CLUSTER_KEY}')
        || {_LAST}.substring({_LAST}.lastIndexOf('{_CLUSTER_KEY}') + {len(_CLUSTER_KEY)})
          .startsWith(self.spec.deploymentName + '"')""",
        "a job cannot move to another cluster: delete the resource and create it anew",
        path=".spec.deploymentName",
        tolerated=unchanged("spec.deploymentName"),
    ),
)

_SESSION_JOB_SPEC = (
    CelRule(
        "FK201",
        _CLUSTER_NAMED,
        "the name of a session cluster (a FlinkDeployment without spec.job) in this namespace",
        path=".deploymentName",
        is_about_absence=True,
        tolerated=broken_before(_CLUSTER_NAMED),
    ),
    CelRule("FK101", f"self == '' || self.matches('{_NAME}')", _NAME_MESSAGE, field="deploymentName"),
    CelRule(
        "FK202",
        "has(self.job)",
        "the job to run: jarURI, parallelism, upgradeMode",
        path=".job",
        is_about_absence=True,
        tolerated="!has(old.job)",
    ),
    CelRule(
        "FK108",
        _PARALLELISM,
        "must be at least 1",
        path=".job.parallelism",
        tolerated=broken_before(_PARALLELISM),
    ),
)

_SNAPSHOT_SPEC = (
    CelRule(
        "FK301",
        _ONE_OF_TWO,
        "must hold exactly one of savepoint and checkpoint",
        tolerated=broken_before(_ONE_OF_TWO),
    ),
    CelRule(
        "FK302",
        _JOB_KNOWN,
        "kind and name of the FlinkDeployment or FlinkSessionJob whose state is to be kept",
        path=".jobReference",
        is_about_absence=True,
        tolerated=broken_before(_JOB_KNOWN),
    ),
)

_BLUE_GREEN = (
    _SPEC,
    CelRule(
        "FK101",
        "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38})$')",
        "use at most 39 lower-case letters, digits and hyphens, a letter first",
        path=".metadata.name",
        tolerated="true",
    ),
)

_BLUE_GREEN_SPEC = (
    CelRule(
        "FK401",
        _TEMPLATE,
        "the spec of a FlinkDeployment",
        path=".template",
        is_about_absence=True,
        tolerated=broken_before(_TEMPLATE),
    ),
)

CEL_RULES: Mapping[type[BaseModel], Sequence[CelRule]] = {
    FlinkDeployment: _DEPLOYMENT,
    FlinkDeploymentSpec: _DEPLOYMENT_SPEC,
    IngressSpec: _INGRESS,
    Resource: RESOURCE,
    ResourceRequirements: REQUIREMENTS,
    FlinkSessionJob: _SESSION_JOB,
    FlinkSessionJobSpec: _SESSION_JOB_SPEC,
    FlinkStateSnapshot: (_SPEC,),
    FlinkStateSnapshotSpec: _SNAPSHOT_SPEC,
    FlinkBlueGreenDeployment: _BLUE_GREEN,
    FlinkBlueGreenDeploymentSpec: _BLUE_GREEN_SPEC,
}
