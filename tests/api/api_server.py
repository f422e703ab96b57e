"""The API server as the tests read it: plain objects, in milliseconds where kubectl takes a hundred."""

import base64
import http
import http.client
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

Json = dict[str, Any]
TIMEOUT_SECONDS = 20.0
_HISTORY_SECONDS = 1
_SETTING_UP_SECONDS = 20.0
_RETRY_SECONDS = 0.2


@dataclass(frozen=True)
class Collection:
    """A kind of object as URLs name it."""

    prefix: str
    plural: str

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        parts = (self.prefix, "namespaces", namespace, self.plural, name, subresource)
        return "/".join(part for part in parts if part)


def flink(plural: str) -> Collection:
    """One of the operator's four kinds."""
    return Collection("/apis/flink.apache.org/v1beta1", plural)


FLINK_DEPLOYMENTS = flink("flinkdeployments")
SESSION_JOBS = flink("flinksessionjobs")
FLINK_KINDS = (
    FLINK_DEPLOYMENTS,
    SESSION_JOBS,
    flink("flinkstatesnapshots"),
    flink("flinkbluegreendeployments"),
)
DEPLOYMENTS = Collection("/apis/apps/v1", "deployments")
SERVICES = Collection("/api/v1", "services")
CONFIG_MAPS = Collection("/api/v1", "configmaps")
EVENTS = Collection("/api/v1", "events")
LEASES = Collection("/apis/coordination.k8s.io/v1", "leases")


class RefusedError(Exception):
    """The API server said no; `status` is its Status object."""

    def __init__(self, status: Json) -> None:
        super().__init__(status.get("message", ""))
        self.status = status


@dataclass(frozen=True)
class ApiServer:
    """JSON calls with the administrator's certificate. All raise RefusedError."""

    host: str
    port: int
    tls: ssl.SSLContext
    _of_thread: threading.local = field(default_factory=threading.local, compare=False, repr=False)

    @classmethod
    def of(cls, kubeconfig: Path, folder: Path) -> "ApiServer":
        """The server of a kubeconfig that holds its certificates itself; they are put into the folder."""
        document = yaml.safe_load(kubeconfig.read_text())
        server, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        certificate, key = folder / "client.crt", folder / "client.key"
        certificate.write_bytes(base64.b64decode(user["client-certificate-data"]))
        key.touch(mode=0o600)
        key.write_bytes(base64.b64decode(user["client-key-data"]))
        authority = base64.b64decode(server["certificate-authority-data"]).decode()
        tls = ssl.create_default_context(cadata=authority)
        tls.load_cert_chain(certificate, key)
        url = urlsplit(server["server"])
        assert url.hostname is not None
        assert url.port is not None
        return cls(url.hostname, url.port, tls)

    def call(self, method: str, path: str, body: Json | None = None, content: str = "json") -> Json:
        """One call; `content` is the last part of the body's media type."""
        answer: Json = json.loads(self._answer(method, path, body, content))
        return answer

    def find(self, collection: Collection, namespace: str, name: str) -> Json | None:
        """The object, or None when there is none."""
        try:
            return self.call("GET", collection.path(namespace, name))
        except RefusedError as error:
            if error.status["code"] == 404:
                return None
            raise

    def get(self, collection: Collection, namespace: str, name: str) -> Json:
        """The object; an AssertionError when there is none, so that one can wait for it."""
        found = self.find(collection, namespace, name)
        assert found is not None, f"there is no {collection.plural}/{name}"
        return found

    def items(self, collection: Collection, namespace: str) -> list[Json]:
        """All objects of the kind in the namespace."""
        items: list[Json] = self.call("GET", collection.path(namespace))["items"]
        return items

    def create(self, collection: Collection, body: Json, *, dry_run: bool = False) -> Json:
        """Create the object in its namespace; a dry run only passes admission."""
        query = "?dryRun=All" if dry_run else ""
        return self.call("POST", collection.path(body["metadata"]["namespace"]) + query, body)

    def merge(
        self, collection: Collection, namespace: str, name: str, patch: Json, subresource: str = ""
    ) -> Json:
        """Apply a JSON merge patch."""
        return self.call("PATCH", collection.path(namespace, name, subresource), patch, "merge-patch+json")

    def delete(self, collection: Collection, namespace: str, name: str) -> None:
        """Delete the object, whatever finalizers hold it; nothing happens when it is gone."""
        try:
            # First the mark, then the finalizers: a controller would put its own back on a live object.
            self.call("DELETE", collection.path(namespace, name))
            self.merge(collection, namespace, name, {"metadata": {"finalizers": None}})
        except RefusedError as error:
            if error.status["code"] != 404:
                raise

    def history(self, collection: Collection, namespace: str, since: str) -> list[Json]:
        """Every version of the kind's objects in the namespace that was written after a resourceVersion.

        The API server remembers somewhat more than a minute.
        """
        query = f"?watch=1&resourceVersion={since}&timeoutSeconds={_HISTORY_SECONDS}"
        lines = self._answer("GET", collection.path(namespace) + query, None, "json").splitlines()
        changes = [json.loads(line) for line in lines]
        assert all(change["type"] != "ERROR" for change in changes), changes[-1]
        return [change["object"] for change in changes]

    def _answer(self, method: str, path: str, body: Json | None, content: str) -> bytes:
        """The answer's body. A server that is still setting up storage asks to be asked again, and is."""
        deadline = time.monotonic() + _SETTING_UP_SECONDS
        while True:
            status, data = self._exchange(method, path, body, content)
            if status != http.HTTPStatus.TOO_MANY_REQUESTS or time.monotonic() > deadline:
                break
            time.sleep(_RETRY_SECONDS)
        if status >= 400:
            raise RefusedError(json.loads(data))
        return data

    def _exchange(self, method: str, path: str, body: Json | None, content: str) -> tuple[int, bytes]:
        """Status and body, over the thread's connection: a new one costs more than most calls."""
        kept = getattr(self._of_thread, "connection", None)
        if kept is not None:
            try:
                return _exchanged(kept, method, path, body, content)
            except ConnectionError:
                kept.close()  # the server had ended it
        self._of_thread.connection = http.client.HTTPSConnection(
            self.host, self.port, timeout=TIMEOUT_SECONDS, context=self.tls
        )
        return _exchanged(self._of_thread.connection, method, path, body, content)


def _exchanged(
    connection: http.client.HTTPSConnection, method: str, path: str, body: Json | None, content: str
) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", "Content-Type": f"application/{content}"}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except BaseException:
        connection.close()  # what is left of the answer is not that to the next call
        raise


def version(body: Json) -> int:
    """The object's place in the order of all writes to the cluster."""
    return int(body["metadata"]["resourceVersion"])
