"""What the rules say about resources in files, with the other files and perhaps a cluster to look at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.documents import REPEATED_KEY, Document, Key, Reading, Report
from shared.rules import Finding, RuleContext, review
from shared.rules.context import LookUp, Presence, nothing_is_known
from shared.rules.location import path_of
from shared.rules.metadata import metadata_findings
from shared.rules.unknown_fields import unknown_field_findings

REPEATED_RESOURCE: Final = "FK009"

_GENERATED_PART = "xxxxx"
_LONGEST_PREFIX = 58
_UNKNOWN_IN_POD_TEMPLATE = "FK118"
_NAME_RULE = "FK101"
_NAMES_OF_CLUSTERS = ("FlinkDeployment", "FlinkBlueGreenDeployment")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules may know besides the files."""

    namespace: str = "default"
    """Of resources that name none."""
    operator_configuration: Mapping[str, str] | None = None
    cluster: LookUp = nothing_is_known


def validate(reading: Reading, surroundings: Surroundings) -> list[Report]:
    """All findings in the order of the files, those of reading included."""
    reports = list(reading.reports)
    given = _given(reading.documents, surroundings.namespace)
    context = RuleContext(
        operator_configuration=surroundings.operator_configuration or {},
        look_up=_look_up_in(given, surroundings.cluster),
    )
    for document in reading.documents:
        reports += _repeated_keys(document)
        reports += _repeated_resource(document, given, surroundings.namespace)
        reports += map(document.report, _findings(document, surroundings, context))
    order = {name: index for index, name in enumerate(reading.files)}
    return sorted(reports, key=lambda one: (order.get(one.file, -1), one.document, one.line))


def _given(documents: Sequence[Document], namespace: str) -> Mapping[Key, Document]:
    given: dict[Key, Document] = {}
    for document in documents:
        key = document.key(namespace)
        if key is not None:
            given.setdefault(key, document)
    return given


def _look_up_in(given: Mapping[Key, Document], cluster: LookUp) -> LookUp:
    """What is about to be applied comes before what is stored."""

    def look_up(kind: str, namespace: str, name: str) -> Mapping[str, Any] | Presence:
        document = given.get((kind, namespace, name))
        return cluster(kind, namespace, name) if document is None else document.value

    return look_up


def _repeated_keys(document: Document) -> Iterator[Report]:
    for one in document.repeated:
        message = f"is there already, in line {one.first_line}"
        hint = "Keep one: of several the last would win silently."
        yield document.report(Finding(REPEATED_KEY, path_of(one.location), message, hint), one.line)


def _repeated_resource(document: Document, given: Mapping[Key, Document], namespace: str) -> Iterator[Report]:
    key = document.key(namespace)
    first = document if key is None else given[key]
    if first is not document:
        place, space = f"{first.file}:{first.line}", document.namespace(namespace)
        message = f"{document.kind} {document.name} of namespace {space} is in {place} too"
        hint = "Rename or remove one: the later one would overwrite the earlier."
        yield document.report(Finding(REPEATED_RESOURCE, "metadata.name", message, hint))


def _findings(document: Document, surroundings: Surroundings, context: RuleContext) -> Iterator[Finding]:
    unknown = list(unknown_field_findings(document.value))
    yield from unknown
    yield from _metadata_findings(document)
    is_nameless = isinstance(document.value.get("metadata"), Mapping) and not (
        document.metadata.get("name") or document.name
    )
    if is_nameless:
        yield Finding("FK012", "metadata.name", "is required", "Give the resource a name.")
    told = {finding.path for finding in unknown}
    stored = _stored(document, surroundings)
    verdict = review(_as_stored(document, surroundings.namespace, stored), stored, context)
    for finding in (*verdict.errors, *verdict.warnings):
        if finding.code == _UNKNOWN_IN_POD_TEMPLATE and finding.path in told:
            continue
        if is_nameless and finding.code == _NAME_RULE:
            continue
        yield finding


def _metadata_findings(document: Document) -> Iterator[Finding]:
    """What Kubernetes asks of metadata; of names that are a cluster's too, the rules ask more."""
    for finding in metadata_findings(document.value):
        if finding.path != "metadata.name" or document.kind not in _NAMES_OF_CLUSTERS:
            yield finding


def _stored(document: Document, surroundings: Surroundings) -> Mapping[str, Any] | None:
    key = document.key(surroundings.namespace)
    stored = Presence.ABSENT if key is None else surroundings.cluster(*key)
    return None if isinstance(stored, Presence) else stored


def _as_stored(document: Document, namespace: str, stored: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The resource as the API server would show it to the webhook: status and its own metadata stay."""
    metadata = document.value.get("metadata")
    if not isinstance(metadata, Mapping):
        return document.value
    completed = {"namespace": namespace} | {
        key: value for key, value in metadata.items() if value is not None
    }
    if not document.metadata.get("name") and document.name:
        completed["name"] = document.name[:_LONGEST_PREFIX] + _GENERATED_PART
    if stored is None:
        return {**document.value, "metadata": completed}
    own = {"metadata": {**stored["metadata"], **completed}, "status": stored.get("status")}
    return {**document.value, **own}
