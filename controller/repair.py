"""Put objects of a running cluster in place. It can be repeated, and touches only what is ours."""

from collections.abc import Iterable

from controller.flink.checksums import (
    CHECKSUMS_ANNOTATION,
    Kind,
    as_annotation,
    checksum,
    checksums_of,
    recorded_checksums,
)
from controller.flink.cluster import owned_by
from controller.kubernetes_api import CONFIG_MAPS, DEPLOYMENTS, SERVICES, KubernetesApi, Object
from controller.plan import RepairObjects
from shared.model.deployment import LOG_FILES

COLLECTIONS = {Kind.SERVICE: SERVICES, Kind.CONFIG_MAP: CONFIG_MAPS}


async def repair_objects(api: KubernetesApi, action: RepairObjects, namespace: str, name: str) -> None:
    """Nothing happens to a cluster that is another one by now, or is going.

    Raises Conflict (look again) and ApiError.
    """
    deployment = await api.get(DEPLOYMENTS, namespace, name)
    if deployment is None or deployment["metadata"]["uid"] != action.uid or _is_going(deployment):
        return
    # On record before: what a later version of the operator makes anew may be other than it was.
    deployment = await _record(api, deployment, action.bodies)
    answers = [await _put_in_place(api, body, deployment) for body in action.bodies]
    await _record(api, deployment, [answer for answer in answers if answer is not None])


async def _put_in_place(api: KubernetesApi, body: Object, deployment: Object) -> Object | None:
    """The object as the API server has it; None where it is not ours to write."""
    collection, metadata = COLLECTIONS[Kind(body["kind"])], body["metadata"]
    existing = await api.get(collection, metadata["namespace"], metadata["name"])
    if existing is None:
        return await api.create(collection, owned_by(deployment, body))
    owners = existing["metadata"].get("ownerReferences") or []
    if _is_going(existing) or all(owner["uid"] != deployment["metadata"]["uid"] for owner in owners):
        return None
    return await put_right(api, existing, body)


async def put_right(api: KubernetesApi, existing: Object, body: Object) -> Object:
    """What is compared of it is as it should be; the rest stays: labels, log levels, what was allocated."""
    kind = Kind(body["kind"])
    if checksum(kind, existing) == checksum(kind, body):
        return existing
    if kind is Kind.SERVICE:
        allocated = {key: value for key, value in existing["spec"].items() if key != "externalName"}
        changed = {**existing, "spec": {**allocated, "type": "ClusterIP", **body["spec"]}}
    else:
        data, rest = dict(body["data"]), {key: existing[key] for key in existing.keys() - {"binaryData"}}
        there = existing.get("data") or {}
        data |= {name: there[name] for name in LOG_FILES if name in data and name in there}
        changed = {**rest, "data": data}
    return await api.replace(COLLECTIONS[kind], changed)


async def _record(api: KubernetesApi, deployment: Object, bodies: Iterable[Object]) -> Object:
    """A Deployment that another operator made has no record, and is given none."""
    recorded = recorded_checksums(deployment)
    if recorded is None or (now := recorded | checksums_of(bodies)) == recorded:
        return deployment
    metadata = deployment["metadata"]
    patch = {"metadata": {"annotations": {CHECKSUMS_ANNOTATION: as_annotation(now)}}}
    return await api.merge(DEPLOYMENTS, metadata["namespace"], metadata["name"], patch)


def _is_going(body: Object) -> bool:
    return "deletionTimestamp" in body["metadata"]
