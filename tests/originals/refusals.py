"""Configurations that Flink's client refuses, so that nothing may be deployed of them."""

from collections.abc import Mapping

from pydantic import ValidationError

from shared.rules import RuleContext, Severity, findings_of
from shared.rules.shape import parse
from tests.originals.case import Case
from tests.originals.comparison import ours

_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "entry-with-two-colons": {"kubernetes.jobmanager.labels": "link:http://example.com"},
    "entry-without-colon": {"kubernetes.jobmanager.node-selector": "ssd"},
    "quotation-inside-of-an-entry": {"kubernetes.jobmanager.labels": "'team':'a'"},
    "quotation-not-closed": {"kubernetes.secrets": "'credentials:/opt"},
    "toleration-without-colon": {"kubernetes.jobmanager.tolerations": "Exists"},
    "limit-below-request": {"kubernetes.jobmanager.memory.limit-factor": "0.5"},
    "cpu-is-a-word": {"kubernetes.jobmanager.cpu.amount": "many"},
    "service-type-unknown": {"kubernetes.rest-service.exposed.type": "Node"},
    "pull-policy-unknown": {"kubernetes.container.image.pull-policy": "Sometimes"},
    "port-range": {"blob.server.port": "6124-6130"},
    "task-manager-port-range": {"taskmanager.rpc.port": "6122-6130"},
    "port-is-a-word": {"rest.port": "web"},
    "replicas-without-high-availability": {"kubernetes.jobmanager.replicas": "2"},
    "replicas-zero": {"kubernetes.jobmanager.replicas": "0"},
    "memory-too-small": {"jobmanager.memory.process.size": "100m"},
    "memory-is-a-word": {"jobmanager.memory.process.size": "much"},
    "switch-is-a-word": {"kubernetes.hostnetwork.enabled": "perhaps"},
}
_CLAIM = {"kubernetes.persistent-volume-claims": f"{'long-' * 12}name:/data"}
REFUSED = (
    *(Case(name, options) for name, options in _OPTIONS.items()),
    Case("claim-name-too-long", _CLAIM, releases=("2.3",)),  # older ones mount none
)


def is_refused(case: Case, release: str) -> bool:
    """Whether the rules stop the resource, or no objects can be made of it."""
    findings = findings_of(parse(case.resource(release)), RuleContext({}))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return True
    try:
        ours(case, release)
    except ValidationError:
        raise  # a mistake of the case
    except ValueError:
        return True
    return False
