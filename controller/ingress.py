"""Put a cluster's Ingress in place, or take it away. Both can be repeated, and touch only what is ours."""

from controller.flink.ingress import is_owned_by, replaced
from controller.kubernetes_api import INGRESSES, Conflict, KubernetesApi, Object, Propagation
from shared.model.base import Metadata


class IngressExists(Exception):  # noqa: N818 - a state of the cluster
    """An Ingress of that name belongs to somebody else; the text is for the resource's owner."""


async def ensure_ingress(api: KubernetesApi, body: Object, owner: Metadata) -> None:
    """Create the Ingress, or make an older one of the same owner like it; one that is like it is left alone.

    Raises IngressExists, Conflict (try again) and ApiError.
    """
    metadata = body["metadata"]
    existing = await api.get(INGRESSES, metadata["namespace"], metadata["name"])
    if existing is None:
        await api.create(INGRESSES, body)
        return
    if not is_owned_by(existing, owner):
        raise IngressExists(
            f"An Ingress {metadata['name']} exists that was not made for this resource. "
            "Delete it if nothing needs it."
        )
    if "deletionTimestamp" in existing["metadata"]:
        raise Conflict(409, "AlreadyExists", f"the older Ingress {metadata['name']} is not gone yet")
    replacement = replaced(existing, body)
    if replacement != existing:
        await api.replace(INGRESSES, replacement)


async def remove_ingress(api: KubernetesApi, owner: Metadata) -> None:
    """Delete the owner's Ingress; nothing happens when there is none, or it is somebody else's."""
    existing = await api.get(INGRESSES, owner.namespace, owner.name)
    if existing is None or "deletionTimestamp" in existing["metadata"] or not is_owned_by(existing, owner):
        return
    uid = existing["metadata"]["uid"]
    await api.delete(INGRESSES, owner.namespace, owner.name, uid=uid, propagation=Propagation.BACKGROUND)
