"""Every code that a finding can have: what is wrong, and what to do about it."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.rules.finding import Severity


class Code(NamedTuple):
    """One sort of finding."""

    code: str
    title: str
    hint: str
    severity: Severity = Severity.ERROR
    waiver: str = ""
    """Why the annotation may turn the finding into a warning; empty where it may not."""


def _warning(code: str, title: str, hint: str) -> Code:
    return Code(code, title, hint, Severity.WARNING)


_DOCUMENTS = (
    Code("FK001", "The document is not a mapping.", "Check its indentation."),
    Code("FK002", "The kind is not known.", "Use one of the four kinds."),
    Code("FK003", "The apiVersion is not known.", "Use flink.apache.org/v1beta1."),
    Code("FK004", "The document is nested too deep.", "Look for a mapping within itself."),
    Code("FK005", "The document is not YAML.", "See where the message points."),
    Code("FK006", "The file cannot be used.", "Check its name, its rights and its encoding."),
    Code("FK007", "A mapping has a key twice.", "Remove one of the two: the other would be lost."),
    Code("FK008", "The document is too large.", "Split the file, or move what is large into a ConfigMap."),
    Code("FK009", "The same resource is given twice.", "Rename or remove one of the two."),
    Code("FK010", "The kind has no such field.", "Mind the spelling and the indentation."),
    Code("FK011", "A value is not one of the allowed words.", "Use one of those that the message lists."),
    Code("FK012", "A required field is missing.", "Set it."),
    Code("FK013", "A value is not a whole number.", "Write it without quotes and without a fraction."),
    Code("FK014", "A value is not a number.", "Write it without quotes."),
    Code("FK015", "A value is not true or false.", "Write it without quotes."),
    Code("FK016", "A value is not text.", "Put it in quotes."),
    Code("FK017", "A value is not a list.", "Begin each element with a hyphen."),
    Code("FK018", "A value is not a mapping.", "Write `name: value` lines below it."),
    Code("FK019", "A value has a form that the field does not take.", "See the field's reference."),
    Code("FK020", "A value is too large, too small or too long.", "Keep to the bound in the message."),
    Code(
        "FK021",
        "Kubernetes does not take this name, key or value of metadata.",
        "Use the letters that it takes.",
    ),
    Code(
        "FK022", "An annotation that switches the operator is neither true nor false.", "Write true or false."
    ),
)

_DEPLOYMENTS = (
    Code(
        "FK101",
        "The name cannot name a Flink cluster.",
        "Use at most 45 lower-case letters, digits, hyphens.",
    ),
    Code("FK102", "flinkVersion is missing.", "Set the Flink version of the image."),
    Code(
        "FK103", "The Flink version is no longer supported.", "Use v1_15 or newer, better one of the newest."
    ),
    Code("FK104", "An option is set that the operator derives.", "Remove it."),
    Code(
        "FK105",
        "serviceAccount is missing.",
        "Name an account that may manage pods and ConfigMaps.",
        waiver="The pods then run as the namespace's default account, which may have the rights.",
    ),
    Code(
        "FK106",
        "The upgrade mode needs a checkpoint directory.",
        "Set execution.checkpointing.dir.",
        waiver="The job's code can set the directory, which no rule sees.",
    ),
    Code("FK107", "A savepoint directory is needed.", "Set execution.checkpointing.savepoint-dir."),
    Code("FK108", "The parallelism is less than 1.", "Set it, or taskManager.replicas."),
    Code(
        "FK109",
        "The replicas are less than 1, or need high availability.",
        "Use one, or set high-availability.type.",
    ),
    Code("FK110", "No memory size is given.", "Set requests.memory of the component's resources."),
    Code("FK111", "A size or quantity cannot be read, or is not above 0.", "Write it like 2Gi or 500m."),
    Code("FK112", "A request is more than its limit.", "Raise the limit or lower the request."),
    Code("FK113", "An application cannot become a session cluster, nor the reverse.", "Create it anew."),
    Code("FK114", "A native cluster cannot become a standalone one, nor the reverse.", "Create it anew."),
    Code("FK115", "A redeployment needs initialSavepointPath.", "Set it to the savepoint to start from."),
    Code(
        "FK116", "Flink does not read this log file.", "Use log4j-console.properties or logback-console.xml."
    ),
    Code("FK117", "An option cannot be read.", "Write it as the message says."),
    _warning("FK118", "A pod template has what Kubernetes does not know.", "Mind the spelling."),
    Code("FK119", "The image pull policy is not known.", "Use IfNotPresent, Always or Never."),
    Code("FK120", "A pod template has a name twice.", "Give each element a name of its own."),
    Code("FK121", "The Ingress has no template.", "Set it to a host, or a host and a path."),
    Code(
        "FK122",
        "The Flink version cannot change while the job is suspended with last-state.",
        "Resume it with the old version, and suspend it with a savepoint.",
    ),
    Code("FK123", "A rollback needs high availability.", "Set high-availability.type to kubernetes."),
    Code(
        "FK124",
        "The health check needs recovery of the JobManager's Deployment.",
        "Set kubernetes.operator.jm-deployment-recovery.enabled to true.",
        waiver="Nothing is lost: an unhealthy cluster is then left as it is.",
    ),
    Code("FK125", "The Ingress template is neither a host nor a path.", "Write host or host/path."),
    Code("FK126", "The sizes of a process's memory do not go together.", "Use the size in the message."),
    Code("FK127", "A quantity in a pod template cannot be read.", "Write it like 500m, 2 or 10Gi."),
    Code("FK128", "An option begins others, which Flink 2 forbids.", "Use its newer name."),
    Code(
        "FK129",
        "A value cannot stand in Flink 1's configuration file.",
        "Write it without # and without line breaks, or put it into a file of the image.",
    ),
    Code("FK131", "An option of the autoscaler is out of bounds.", "Keep to the bounds in the message."),
    Code("FK132", "An excluded period cannot be read.", "Write 9:30-17:00, or a Quartz cron expression."),
    Code(
        "FK133",
        "The autoscaler's window is shorter than the reconcile interval.",
        "Make job.autoscaler.metrics.window longer.",
        waiver="Nothing is lost: the autoscaler then has too few metrics to act on.",
    ),
    Code(
        "FK134",
        "This version of Flink cannot run the job's jar in this mode.",
        "Put the jar into the image, and name it with local://.",
    ),
    Code("FK135", "A pod template is said to be in a file.", "Put it into spec.podTemplate."),
    Code(
        "FK136",
        "The operator cannot have this Kerberos file.",
        "Name a .keytab or .conf file of the operator's folder, or mount a Secret of your own.",
    ),
    Code("FK137", "A volume claim of an option cannot be mounted.", "Change what the message names."),
    Code(
        "FK138",
        "TLS of the REST has no keystore, or no password for it.",
        "Set what the message names.",
        waiver="An entry point of the image's own can add the options, which no rule sees.",
    ),
)

_OTHER_KINDS = (
    Code("FK201", "deploymentName is missing.", "Name a session cluster of the namespace."),
    Code("FK202", "The job is missing.", "Describe it: jarURI, parallelism, upgradeMode."),
    Code("FK203", "last-state does not work for session jobs.", "Use savepoint, or stateless."),
    Code("FK204", "A job cannot move to another cluster.", "Delete it and create it anew from a savepoint."),
    Code("FK205", "The cluster is an application cluster.", "Name a FlinkDeployment without spec.job."),
    _warning("FK206", "The cluster is not there yet.", "Create it; the job waits."),
    Code("FK207", "jarURI is not a URI with a scheme.", "Write the full address."),
    Code("FK208", "The scheme of jarURI is not allowed.", "Use one that the operator allows."),
    Code("FK209", "The host of jarURI is missing, or may not be asked.", "Use a public host."),
    Code("FK301", "A snapshot is either a savepoint or a checkpoint.", "Set exactly one of the two."),
    Code("FK302", "The snapshot's job is missing.", "Set kind and name of jobReference."),
    Code("FK303", "backoffLimit is less than -1.", "Use -1 for no limit."),
    Code(
        "FK304",
        "The snapshot's job is not there.",
        "Create the job first, or name another.",
        waiver="The job may be created after the snapshot.",
    ),
    Code("FK401", "The template is missing.", "Put the spec of a FlinkDeployment into spec.template.spec."),
)

_WARNINGS = (
    _warning("FK501", "The Flink version is deprecated.", "Use v1_19 or newer."),
    _warning("FK502", "The field is deprecated.", "Use what the message names."),
    _warning("FK503", "The option is not known, but one like it is.", "Mind the spelling."),
    _warning("FK504", "This Flink version does not read the option.", "Use the name that it reads."),
    _warning("FK505", "The setting has no effect here.", "Remove it, or set it where the message says."),
    _warning(
        "FK506", "The job has neither a jar nor a class.", "Name one unless it lies in the image's usrlib."
    ),
    _warning("FK507", "State lies on the disk of one pod.", "Use a directory that all pods reach."),
    _warning("FK508", "What is left out is decided elsewhere.", "Set it to decide it here."),
    _warning("FK509", "The annotation names a code that it cannot turn into a warning.", "Remove the code."),
    _warning("FK510", "No container of a pod template is Flink's.", "Name it flink-main-container."),
    _warning("FK901", "This version does not act on it.", "See the CHANGELOG."),
)

CODES: Mapping[str, Code] = {
    code.code: code for code in (*_DOCUMENTS, *_DEPLOYMENTS, *_OTHER_KINDS, *_WARNINGS)
}
"""By code, in order."""

WARN_ONLY = frozenset(code.code for code in CODES.values() if code.waiver)
"""Codes that the annotation may turn into warnings.

The others stay errors: no object could be made, state would be lost, the cluster would not be itself, a rule
of the operator's owner would be passed by, or the API server refuses the resource anyway.
"""
