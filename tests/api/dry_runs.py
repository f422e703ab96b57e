"""What the API server says to a request without doing it."""

import http
from collections.abc import Iterable
from dataclasses import dataclass

from shared.model import KINDS
from tests.api.api_server import ApiServer, Collection, Json, RefusedError, flink

_POD_TEMPLATES = Collection("/api/v1", "podtemplates")
_INVALID = {http.HTTPStatus.BAD_REQUEST, http.HTTPStatus.UNPROCESSABLE_ENTITY}


@dataclass(frozen=True)
class Answer:
    """What the API server would store, or why it refuses."""

    stored: Json | None
    message: str = ""


class DryRuns:
    """Requests that pass all checks and change nothing.

    `stored` are resources that are there, one of a kind; the names of others must differ from theirs.
    """

    def __init__(self, api: ApiServer, namespace: str, stored: Iterable[Json]) -> None:
        self._api = api
        self._namespace = namespace
        self._stored = {resource["kind"]: resource for resource in stored}

    def create(self, resource: Json) -> Answer:
        """A resource of one of the four kinds."""
        collection = flink(KINDS[resource["kind"]].plural)
        return self._send("POST", collection.path(self._namespace), resource)

    def create_pod_template(self, template: Json) -> Answer:
        """Kubernetes' own kind that holds a Pod template."""
        body = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "a"}, "template": template}
        return self._send("POST", _POD_TEMPLATES.path(self._namespace), body)

    def write_status(self, kind: str, status: Json) -> Answer:
        """The status of the stored resource of the kind."""
        resource = {**self._stored[kind], "status": status}
        path = flink(KINDS[kind].plural).path(self._namespace, resource["metadata"]["name"], "status")
        return self._send("PUT", path, resource)

    def _send(self, method: str, path: str, body: Json) -> Answer:
        try:
            return Answer(self._api.call(method, f"{path}?dryRun=All", body))
        except RefusedError as error:
            if error.status["code"] not in _INVALID:
                raise
            return Answer(None, str(error))
