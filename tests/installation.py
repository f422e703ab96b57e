"""The operator, installed by its own chart and images, as the demo and the end-to-end tests use it."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import Cluster, ClusterError, Progress
from tests.images import Image, build
from tests.polling import eventually

NAMESPACE = "flink-system"
RELEASE = "flink-operator"
PROJECT = Path(__file__).resolve().parent.parent
CHART = PROJECT / "charts" / "flink-operator"

_REFERENCE_VARIABLES = {
    Image.WEBHOOK: "WEBHOOK_IMAGE",
    Image.CONTROLLER: "CONTROLLER_IMAGE",
    Image.FLINK_2_3: "FLINK_2_3_IMAGE",
    Image.FLINK_1_20: "FLINK_1_20_IMAGE",
}
_PUBLISHED = {Image.FLINK_2_3: "flink:2.3", Image.FLINK_1_20: "flink:1.20"}
"""What the examples name, and any cluster can pull."""


@dataclass(frozen=True)
class Images:
    """References as pods name them."""

    webhook: str
    controller: str


def provide_image(cluster: Cluster, image: Image, progress: Progress) -> str:
    """Build an image, load it into the cluster, and return its reference.

    Somebody else's cluster (KUBECONTEXT) must be able to pull it: a variable of the environment names it.
    """
    if cluster.external:
        variable = _REFERENCE_VARIABLES[image]
        reference = os.environ.get(variable) or _PUBLISHED.get(image)
        if not reference:
            raise ClusterError(f"set {variable} to an image that context {cluster.context!r} can pull")
        return reference
    archive = build(image, progress)
    cluster.load_image(archive.path)
    return archive.reference


def provide_operator_images(cluster: Cluster, progress: Progress) -> Images:
    """The images of both services."""
    webhook = provide_image(cluster, Image.WEBHOOK, progress)
    return Images(webhook=webhook, controller=provide_image(cluster, Image.CONTROLLER, progress))


def install(
    cluster: Cluster,
    images: Images,
    *,
    job_namespaces: tuple[str, ...],
    settings: tuple[str, ...] = (),
    timeout: int = 180,
) -> None:
    """Apply the CRDs and install (or upgrade) the chart, and wait until resources are admitted.

    `settings` are values of the chart, as in `name=value`.

    Pods are ready a moment before cert-manager has told the API server whose certificates to trust.
    """
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CHART / "crds"))
    arguments = ["upgrade", "--install", RELEASE, str(CHART), "--namespace", NAMESPACE, "--create-namespace"]
    for service, reference in (("webhook", images.webhook), ("controller", images.controller)):
        repository, _, tag = reference.rpartition(":")
        arguments += ["--set", f"{service}.image.repository={repository},{service}.image.tag={tag}"]
    arguments += ["--set", f"jobServiceAccount.namespaces={{{','.join(job_namespaces)}}}"]
    arguments += [part for setting in settings for part in ("--set", setting)]
    cluster.helm(*arguments, "--wait", "--timeout", f"{timeout}s", timeout=timeout + 30)
    admitted = ("apply", "--dry-run=server", "-f", str(PROJECT / "examples" / "basic.yaml"))
    try:
        eventually(
            lambda: cluster.kubectl(*admitted, check=False).returncode == 0,
            within=30,
            what="the webhook admits examples/basic.yaml",
        )
    except AssertionError as error:
        answer = cluster.kubectl(*admitted, check=False)
        raise ClusterError(f"{error} {answer.stderr.strip()}") from None
