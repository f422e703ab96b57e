"""Just enough of an HTTP client to ask components how they are: in milliseconds, where kubectl takes 100."""

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.pki import KeyPair

TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the decoded body; its shape is the API server's."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Talks to one server, with a client certificate if the server uses TLS."""

    server: str
    authority: KeyPair | None = None
    identity: KeyPair | None = None

    def get(self, path: str) -> Response:
        """Raise OSError if the server cannot be reached or does not answer in time."""
        return self.request("GET", path)

    def request(self, method: str, path: str, body: str | None = None, content_type: str = "") -> Response:
        """Raise OSError if the server cannot be reached or does not answer in time."""
        connection = self._connection()
        try:
            headers = {
                "Accept": "application/json",
                **({"Content-Type": content_type} if content_type else {}),
            }
            connection.request(method, path, body=body.encode() if body else None, headers=headers)
            answer = connection.getresponse()
            return Response(answer.status, answer.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self.server}: {error!r}") from error
        finally:
            connection.close()

    def is_ok(self, path: str) -> bool:
        """Say whether the server answers a GET with success."""
        try:
            return self.get(path).ok
        except OSError:
            return False

    def _connection(self) -> http.client.HTTPConnection:
        url = urlsplit(self.server)
        assert url.hostname is not None
        if self.authority is None:
            return http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if self.identity is not None:
            context.load_cert_chain(self.identity.certificate, self.identity.key)
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=TIMEOUT_SECONDS, context=context)
