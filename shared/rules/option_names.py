"""Warnings about options by their names: misspelt, not read by this Flink version, or without effect here."""

from collections.abc import Callable, Iterator, Mapping

from shared.config.flink_options import flink_options
from shared.config.flink_versions import RELEASES, FlinkRelease
from shared.config.known_options import NAMES_OF_SYSTEM, meant_by, unknown_names
from shared.config.operator_options import BLUE_GREEN_NAMES
from shared.config.options import VOLUME_CLAIMS, VOLUME_CLAIMS_ARE_READ_ONLY
from shared.model.deployment import FlinkVersion
from shared.rules.finding import Finding, Severity

_OF_THE_CLUSTER = (
    "high-availability",
    "jobmanager.memory.",
    "jobmanager.rpc.",
    "kubernetes.",
    "taskmanager.memory.",
    "taskmanager.numberOfTaskSlots",
)
"""What processes are made with before a session job comes to them."""


_OF_NEWER_VERSIONS: tuple[tuple[tuple[str, ...], Callable[[FlinkRelease], bool]], ...] = (
    ((VOLUME_CLAIMS.key, VOLUME_CLAIMS_ARE_READ_ONLY.key), lambda release: release.mounts_volume_claims),
    (
        ("kubernetes.rest-service.labels", "kubernetes.internal-service."),
        lambda release: release.labels_services,
    ),
)
"""How options begin that some versions do not read, and whether a version reads them."""


def option_name_warnings(own: Mapping[str, str], version: FlinkVersion | None) -> Iterator[Finding]:
    """Of the options that a resource sets, those whose names have something to them."""
    yield from _misspelt(own)
    yield from _not_in_resources(own)
    if version is not None:
        yield from _not_read_by(version, own)


def options_of_the_cluster(own: Mapping[str, str]) -> Iterator[Finding]:
    """Options that a session job cannot set: its cluster runs already."""
    for name in own:
        if name.startswith(_OF_THE_CLUSTER) and not name.startswith("kubernetes.operator."):
            hint = "Set it in the FlinkDeployment."
            yield _warning("FK505", name, "has no effect: the cluster's processes run already", hint)


def _misspelt(own: Mapping[str, str]) -> Iterator[Finding]:
    near = {name: meant for name in unknown_names(own) if (meant := meant_by(name)) is not None}
    for name in sorted(near):
        found = "is an option of neither Flink nor the operator"
        yield _warning("FK503", name, found, f"Did you mean {near[name]}?")


def _not_in_resources(own: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(own.keys() & NAMES_OF_SYSTEM):
        hint = "Set it for the operator: for all resources, for a namespace or for a Flink version."
        yield _warning("FK505", name, "has no effect: only the operator's own configuration may set it", hint)
    for name in sorted(own.keys() & BLUE_GREEN_NAMES):
        hint = "Set it in spec.configuration of a FlinkBlueGreenDeployment."
        yield _warning("FK505", name, "has no effect here", hint)


def _not_read_by(version: FlinkVersion, own: Mapping[str, str]) -> Iterator[Finding]:
    major, minor = version.number
    known = flink_options()
    yield from _not_yet_read_by(RELEASES[version], own)
    if RELEASES[version].drops_options:
        for name in sorted(own.keys() & known.gone_in_2.keys()):
            successor = known.gone_in_2[name]
            if successor is None or successor not in own:
                hint = f"Use {successor}." if successor else "Remove it."
                yield _warning("FK504", name, f"is not read by Flink {major}.{minor} any more", hint)
        return
    for name in sorted(own.keys() & known.newer_names.keys()):
        newer = known.newer_names[name]
        if version.number < newer.since and newer.older not in own:
            found = f"is not read by Flink {major}.{minor}, but since {newer.since[0]}.{newer.since[1]}"
            yield _warning("FK504", name, found, f"Use {newer.older}.")


def _not_yet_read_by(release: FlinkRelease, own: Mapping[str, str]) -> Iterator[Finding]:
    """Of options that have no older name."""
    for prefix, knows in _OF_NEWER_VERSIONS:
        if not knows(release):
            since = next(row.number for row in RELEASES.values() if knows(row))
            for name in sorted(name for name in own if name.startswith(prefix)):
                found = f"is not read by Flink {release.number}, but since {since}"
                yield _warning("FK504", name, found, "Remove it, or use a newer Flink.")


def _warning(code: str, name: str, found: str, hint: str) -> Finding:
    return Finding(code, f"spec.flinkConfiguration[{name}]", found, hint, Severity.WARNING)
