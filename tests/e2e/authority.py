"""The authority of JobManagers' certificates, in the cluster: the operator trusts it from its start on."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping

from tests.certificates import Pair, issue, new_authority
from tests.cluster import Cluster
from tests.installation import NAMESPACE

OPERATORS_SECRET = "flink-operator-cert"  # noqa: S105 - the chart's name for it
_KEPT = "e2e-authority"


def provide_authority(cluster: Cluster) -> Pair:
    """The one of an earlier run, else a new one; its certificate, and one for the operator, in their Secret.

    A new one at every run would have to wait for the kubelet to bring it into the pod.
    """
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(namespace))
    found = cluster.kubectl(
        "-n", NAMESPACE, "get", "secret", _KEPT, "--ignore-not-found", "-o", "json"
    ).stdout
    if found:
        data = {file: b64decode(content) for file, content in json.loads(found)["data"].items()}
        return Pair.of_pem(data["tls.crt"], data["tls.key"])
    authority = new_authority()
    operators = issue(authority, rsa_key=True)
    trusted = {"ca.crt": authority.certificate_pem, **_files(operators)}
    for name, files in ((OPERATORS_SECRET, trusted), (_KEPT, _files(authority))):
        cluster.kubectl("-n", NAMESPACE, "apply", "-f", "-", stdin=json.dumps(secret(name, files)))
    return authority


def secret(name: str, files: Mapping[str, bytes]) -> dict[str, object]:
    """A Secret with these files."""
    data = {file: b64encode(content).decode("ascii") for file, content in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}


def _files(pair: Pair) -> dict[str, bytes]:
    return {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem}
