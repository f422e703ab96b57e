"""A web server beside the node, from which the operator fetches the jars of session jobs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from tests.cluster import Cluster
from tests.installation import NAMESPACE

_STALLS, _LEADS_AWAY = "/stalls/", "/leads-away/"
ELSEWHERE = "file:///etc/passwd"
"""Where every path below /leads-away/ redirects to."""


@dataclass
class JarServer:
    """`downloads`: paths that were asked for, in order."""

    address: str
    downloads: list[str] = field(default_factory=list)
    goes_on: threading.Event = field(default_factory=threading.Event)
    """Until then nothing below /stalls/ comes to its end."""

    def url(self, path: str) -> str:
        """Of the jar under any path."""
        return f"http://{self.address}/{path}"


@contextmanager
def jar_server(cluster: Cluster, jar: bytes) -> Iterator[JarServer]:
    """Serve the jar under every path, at the node's address in the network of its pods."""
    host = _gateway(cluster)
    found = JarServer("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.downloads.append(self.path)
            if self.path.startswith(_LEADS_AWAY):
                self.send_response(302)
                self.send_header("Location", ELSEWHERE)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(jar)))
            self.send_header("ETag", '"1"')
            self.end_headers()
            half = len(jar) // 2
            self.wfile.write(jar[:half])
            if self.path.startswith(_STALLS):
                found.goes_on.wait()
            self.wfile.write(jar[half:])

        def log_message(self, *_: object) -> None:
            """Requests are in `downloads`."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        found.address = f"{host}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            found.goes_on.set()
            server.shutdown()
            thread.join()


def _gateway(cluster: Cluster) -> str:
    """The node, as its pods reach it: the first address of their network."""
    pods = ("get", "pods", "-n", NAMESPACE, "-o", "jsonpath={.items[0].status.podIP}")
    return str(next(ip_network(f"{cluster.kubectl(*pods).stdout.strip()}/24", strict=False).hosts()))
