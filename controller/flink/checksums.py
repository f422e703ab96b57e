"""What a cluster's Services and ConfigMaps were made as: an annotation of the JobManager's Deployment.

    flink.apache.org/checksums: {"ConfigMap/flink-config-orders": "0f9a…", "Service/orders-rest": "77c1…"}

An object is held against what was made, and not against what would be made now: a later version of the
operator, or other defaults, leave the objects of a running cluster as they are. So what a checksum is made of
must never change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from controller.flink.pod_template import Json
from shared.model.deployment import LOG_FILES

CHECKSUMS_ANNOTATION = "flink.apache.org/checksums"

_BYTES = 16


class Kind(StrEnum):
    """The kinds of objects that are held against their checksum."""

    SERVICE = "Service"
    CONFIG_MAP = "ConfigMap"


@dataclass(frozen=True, slots=True, order=True)
class ObjectName:
    """One of a cluster's objects."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"

    @classmethod
    def of(cls, body: Json) -> "ObjectName":
        """Raises ValueError for an object of another kind."""
        return cls(Kind(body["kind"]), body["metadata"]["name"])


def checksum(kind: Kind, body: Json) -> str:
    """32 hexadecimal digits; the same for what was sent and for what the API server made of it."""
    content = _of_service(body["spec"]) if kind is Kind.SERVICE else _of_config_map(body)
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=_BYTES).hexdigest()


def checksums_of(bodies: Iterable[Json]) -> dict[ObjectName, str]:
    """The checksums of all Services and ConfigMaps among the objects."""
    compared = [body for body in bodies if body["kind"] in set(Kind)]
    return {(name := ObjectName.of(body)): checksum(name.kind, body) for body in compared}


def as_annotation(checksums: Mapping[ObjectName, str]) -> str:
    """The annotation's text."""
    document = {f"{one.kind.value}/{one.name}": checksums[one] for one in sorted(checksums)}
    return orjson.dumps(document).decode()


def recorded_checksums(deployment: Json) -> dict[ObjectName, str] | None:
    """What the annotation says; None where there is none, or none that can be read."""
    text = (deployment["metadata"].get("annotations") or {}).get(CHECKSUMS_ANNOTATION)
    if text is None:
        return None
    try:
        entries = orjson.loads(text).items()
        return {_name(key): str(value) for key, value in entries}
    except (ValueError, AttributeError):  # somebody edited it: then nothing is known
        return None


def _name(key: str) -> ObjectName:
    kind, _, name = key.partition("/")
    return ObjectName(Kind(kind), name)


def _of_config_map(body: Json) -> Any:
    """Of log configurations only that they are there: Flink picks up their changes while the job runs."""
    data = body.get("data") or {}
    return [data | dict.fromkeys(data.keys() & set(LOG_FILES)), body.get("binaryData") or {}]


def _of_service(spec: Json) -> Any:
    """What decides whom it leads to and who can use it; what the API server allocates is left out."""
    ports = [
        [port.get("name"), port["port"], port.get("targetPort", port["port"]), port.get("protocol", "TCP")]
        for port in spec.get("ports") or []
    ]
    return [
        spec.get("type", "ClusterIP"),
        spec.get("clusterIP") == "None",
        spec.get("selector") or {},
        ports,
    ]
