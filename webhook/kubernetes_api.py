"""The reads that cross-object rules need: get, list and watch of plain objects, each with a deadline.

The official client brings the connection, the service account's token and its renewal; its typed classes
would load some hundred modules.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.rest import RESTResponse

from shared import GROUP, VERSION

Json = dict[str, Any]
_SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_PAGE = 100
_LIST_SECONDS = 30.0
_WATCH_SECONDS = 300
_SILENCE_SECONDS = 150.0
"""The API server sends a bookmark about once a minute: longer silence is a dead connection."""


class UnansweredError(Exception):
    """No usable answer came: nothing is known. The text names the call and what went wrong."""


class ConnectionSettingsError(Exception):
    """A kubeconfig or a service account that cannot be used; the text is one line."""


class ExpiredError(Exception):
    """A watch cannot go on from its version: what is there must be listed anew."""


def path_of(plural: str, namespace: str | None, name: str = "") -> str:
    """URL path of a Flink kind's collection in one namespace or in all, or of one object."""
    parts = ["/apis", GROUP, VERSION, *(("namespaces", namespace) if namespace else ()), plural, name]
    return "/".join(part for part in parts if part)


def client_configuration(kubeconfig: Path | None = None) -> Configuration | None:
    """How to reach the kubeconfig's cluster, else the one that this process runs in; None without either.

    Raises ConnectionSettingsError.
    """
    configuration = Configuration()
    try:
        if kubeconfig is not None:
            asyncio.run(config.load_kube_config(str(kubeconfig), client_configuration=configuration))
        elif _SERVICE_ACCOUNT_TOKEN.exists():
            config.load_incluster_config(client_configuration=configuration)
        else:
            return None
    except (config.ConfigException, OSError) as error:
        raise ConnectionSettingsError(f"the API server's address cannot be learned: {error}") from error
    return configuration


class KubernetesApi:
    """Reads through one client, made on first use. All raise UnansweredError when no usable answer came."""

    def __init__(self, configuration: Configuration) -> None:
        self._client = ApiClient(configuration)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, path: str, seconds: float) -> Json | None:
        """The object; None when the server says that there is none."""
        status, body = await self._answer(path, {}, seconds)
        return None if status == 404 else _sound(path, status, body)

    async def list(self, path: str) -> tuple[list[Json], str]:
        """All objects of a collection, and the version to watch from."""
        items: list[Json] = []
        position: str | None = None
        while True:
            query = {"limit": str(_PAGE), **({"continue": position} if position else {})}
            status, body = await self._answer(path, query, _LIST_SECONDS)
            page = _sound(path, status, body)
            items += page["items"]
            position = page["metadata"].get("continue")
            if not position:
                return items, page["metadata"]["resourceVersion"]

    async def watch(self, path: str, version: str) -> AsyncIterator[Json]:
        """Events since that version, bookmarks included, until the server ends the watch.

        Raises ExpiredError when the version is too old.
        """
        query = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        try:
            async with asyncio.timeout(_LIST_SECONDS):
                response = await self._request(path, query, seconds=_WATCH_SECONDS + _LIST_SECONDS)
            try:
                if response.status != 200:
                    raise _refusal(path, response.status, await response.read())
                async for line in _lines(response.response.content):
                    event: Json = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise _refusal(path, int(event["object"].get("code", 0)), line)
                    yield event
            finally:
                response.response.close()
        except (aiohttp.ClientError, OSError, TimeoutError, orjson.JSONDecodeError) as error:
            raise UnansweredError(f"watch {path}: {type(error).__name__}: {error}") from error

    async def _answer(self, path: str, query: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(seconds):
                response = await self._request(path, query, seconds=seconds)
                return response.status, await response.read()
        except TimeoutError as error:
            raise UnansweredError(f"GET {path}: no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnansweredError(f"GET {path}: {error}") from error

    async def _request(self, path: str, query: Mapping[str, str], *, seconds: float) -> RESTResponse:
        serialized = await self._client.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        return await self._client.call_api(*serialized, _request_timeout=seconds)


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: a resource can be longer than the reader's own limit for one."""
    rest = bytearray()
    while True:
        async with asyncio.timeout(_SILENCE_SECONDS):
            chunk = await stream.readany()
        if not chunk:
            return
        rest += chunk
        *lines, last = rest.split(b"\n")
        rest = bytearray(last)
        for line in lines:
            yield bytes(line)


def _sound(path: str, status: int, body: bytes) -> Json:
    if status != 200:
        raise _refusal(path, status, body)
    try:
        document: Json = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnansweredError(f"GET {path}: the answer is not JSON") from error
    return document


def _refusal(path: str, status: int, body: bytes) -> UnansweredError | ExpiredError:
    if status == 410:
        return ExpiredError(path)
    return UnansweredError(f"GET {path}: HTTP {status}: {body[:200].decode(errors='replace')}")
