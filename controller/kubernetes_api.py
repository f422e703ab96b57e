"""Kubernetes calls on plain objects, through the official client, each with a deadline.

The client's typed API classes would load some hundred model classes; plain dictionaries are what the watches
deliver and what the status is written from.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from shared import GROUP, VERSION

Object = dict[str, Any]
TIMEOUT = 10.0  # seconds; longer than any sane answer, shorter than a reconcile may hang
_AT_A_TIME = 16
"""Calls under way. More would only wait in the API server, where what runs into its time-out is work lost."""


class ApiError(Exception):
    """A call that failed. `status` is the HTTP status, or 0 when no answer came (then nothing is known)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def was_refused(self) -> bool:
        """The server understood and said no: the same call will be refused again."""
        return self.status in {400, 403, 422}


class Conflict(ApiError):  # noqa: N818 - the API's own word
    """409: the object exists already, or was changed since it was read."""


class Propagation(StrEnum):
    """What happens to the objects that a deleted object owns."""

    FOREGROUND = "Foreground"
    BACKGROUND = "Background"


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of object as URLs name it."""

    prefix: str
    plural: str

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """URL path of the collection, of one object, or of its subresource."""
        parts = (self.prefix, "namespaces", namespace, self.plural, name, subresource)
        return "/".join(part for part in parts if part)


DEPLOYMENTS = Collection("/apis/apps/v1", "deployments")
SERVICES = Collection("/api/v1", "services")
CONFIG_MAPS = Collection("/api/v1", "configmaps")
SECRETS = Collection("/api/v1", "secrets")
PODS = Collection("/api/v1", "pods")
EVENTS = Collection("/api/v1", "events")
LEASES = Collection("/apis/coordination.k8s.io/v1", "leases")
INGRESSES = Collection("/apis/networking.k8s.io/v1", "ingresses")
ACCESS_REVIEWS = Collection("/apis/authorization.k8s.io/v1", "localsubjectaccessreviews")
FLINK_DEPLOYMENTS = Collection(f"/apis/{GROUP}/{VERSION}", "flinkdeployments")
FLINK_SESSION_JOBS = Collection(f"/apis/{GROUP}/{VERSION}", "flinksessionjobs")


def flink_collection(plural: str) -> Collection:
    """The collection of one of the four Flink kinds."""
    return Collection(f"/apis/{GROUP}/{VERSION}", plural)


def in_cluster() -> bool:
    """Whether this process runs in a pod with a service account."""
    return Path("/var/run/secrets/kubernetes.io/serviceaccount/token").exists()


async def client_configuration() -> Configuration:
    """The service account's configuration in a pod, else the kubeconfig's (KUBECONFIG, KUBECONTEXT)."""
    configuration = Configuration()
    if in_cluster():
        config.load_incluster_config(client_configuration=configuration)
    else:
        await config.load_kube_config(client_configuration=configuration)
    configuration.client_session_kwargs = {
        # Each call would look for a proxy and for .netrc in a thread; kopf's watches go without them too.
        "trust_env": False,
        "cookie_jar": aiohttp.DummyCookieJar(),
    }
    return configuration


class KubernetesApi:
    """The few calls that the controller makes. All raise ApiError, or Conflict for 409."""

    def __init__(
        self, client: ApiClient, timeout: float = TIMEOUT, field_manager: str = "flink-operator"
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._turns = asyncio.Semaphore(_AT_A_TIME)
        self.field_manager = field_manager
        """Under this name the API server records what is written."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, collection: Collection, namespace: str, name: str) -> Object | None:
        """The object, read from the API server; None when the server says that there is none."""
        try:
            return await self._call("GET", collection.path(namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def list(
        self, collection: Collection, namespace: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """The objects with these labels and fields."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        answer = await self._call("GET", collection.path(namespace), query=query)
        return list(answer.get("items", []))

    async def create(self, collection: Collection, body: Object) -> Object:
        """Create an object in its namespace."""
        path = collection.path(body["metadata"]["namespace"])
        return await self._call("POST", path, query=self._as_manager, body=body)

    async def replace(self, collection: Collection, body: Object, *, subresource: str = "") -> Object:
        """Write an object as a whole; Conflict when it is not at the body's resourceVersion any more."""
        metadata = body["metadata"]
        path = collection.path(metadata["namespace"], metadata["name"], subresource)
        return await self._call("PUT", path, query=self._as_manager, body=body)

    async def merge(
        self,
        collection: Collection,
        namespace: str,
        name: str,
        patch: Object,
    ) -> Object:
        """Apply a JSON merge patch; with metadata.resourceVersion in it, only to that version."""
        headers = {"Content-Type": "application/merge-patch+json"}
        path = collection.path(namespace, name)
        return await self._call("PATCH", path, query=self._as_manager, body=patch, headers=headers)

    async def is_allowed(self, namespace: str, account: str, verb: str, resource: str, group: str) -> bool:
        """Whether a service account may do that in its namespace, by all that decides about it."""
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "LocalSubjectAccessReview",
            "metadata": {"namespace": namespace},
            "spec": {
                "user": f"system:serviceaccount:{namespace}:{account}",
                "groups": groups,
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": verb,
                    "group": group,
                    "resource": resource,
                },
            },
        }
        answer = await self.create(ACCESS_REVIEWS, review)
        return bool(answer["status"]["allowed"])

    async def delete(
        self, collection: Collection, namespace: str, name: str, *, uid: str, propagation: Propagation
    ) -> None:
        """Delete the object with that uid; nothing happens when it is gone, or another has its name."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation.value,
            "preconditions": {"uid": uid},
        }
        try:
            await self._call("DELETE", collection.path(namespace, name), body=body)
        except ApiError as error:
            if error.status not in {404, 409}:
                raise

    @property
    def _as_manager(self) -> dict[str, str]:
        return {"fieldManager": self.field_manager}

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        try:
            async with self._turns, asyncio.timeout(self._timeout):
                serialized = await self._client.param_serialize(
                    method,
                    path,
                    query_params=[(key, value) for key, value in (query or {}).items() if value],
                    header_params={
                        "Accept": "application/json",
                        "Content-Type": "application/json",
                        **(headers or {}),
                    },
                    body=body,
                    auth_settings=["BearerToken"],
                )
                response = await self._client.call_api(*serialized)
                data = await response.read()
        except TimeoutError as error:
            raise ApiError(0, "Timeout", f"{method} {path}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ApiError(0, "Unreachable", f"{method} {path}: {error}") from error
        if response.status >= 400:
            raise _error(response.status, data, f"{method} {path}")
        try:
            answer: Object = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise ApiError(0, "Unreadable", f"{method} {path}: the answer is not JSON") from error
        return answer


def _error(status: int, data: bytes, call: str) -> ApiError:
    """The server's own words, where it sent a Status object."""
    try:
        body = orjson.loads(data)
        reason, message = str(body.get("reason", status)), str(body.get("message", ""))
    except (orjson.JSONDecodeError, AttributeError):
        reason, message = str(status), data[:200].decode(errors="replace")
    kind = Conflict if status == 409 else ApiError
    return kind(status, reason, message or f"{call}: HTTP {status}")
