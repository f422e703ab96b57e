"""`make demo`: a real Kubernetes, the operator installed by its chart, and a real Flink job that runs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text

from tests.cluster import Cluster, ClusterError, Level, Progress, up
from tests.images import Image, ImageError
from tests.installation import NAMESPACE, PROJECT, install, provide_image, provide_operator_images

console = Console(highlight=False)
WATCH_SECONDS = 180.0
EXAMPLE = PROJECT / "examples" / "basic.yaml"
INVALID = PROJECT / "examples" / "invalid.yaml"


def main() -> int:
    """Exit status 0 when the job runs."""
    start = time.monotonic()
    try:
        cluster = _prepare()
        _show_rejection(cluster)
        _run_job(cluster)
    except (ClusterError, ImageError) as error:
        console.print(f"\n[red]error:[/] {error}", soft_wrap=True)
        return 1
    console.print(f"\n[green]The job runs[/] after {time.monotonic() - start:.0f} s.\n")
    _show_next_steps(cluster)
    return 0


def _prepare() -> Cluster:
    with _step("Kubernetes with cert-manager") as progress:
        cluster = up(Level.NODE, progress=progress)
    with _step("Images of the webhook, the controller and Flink 2.3") as progress:
        images = provide_operator_images(cluster, progress)
        provide_image(cluster, Image.FLINK_2_3, progress)
    with _step("helm install"):
        install(cluster, images, job_namespaces=("default",))
    return cluster


def _show_rejection(cluster: Cluster) -> None:
    console.print("\n[bold]An invalid resource is rejected, with everything that is wrong with it:[/]")
    console.print(Syntax(INVALID.read_text("utf-8"), "yaml", background_color="default"))
    _command("kubectl", "apply", "-f", str(INVALID.relative_to(PROJECT)))
    answer = cluster.kubectl("apply", "-f", str(INVALID), check=False)
    if answer.returncode == 0:
        raise ClusterError("the webhook let an invalid resource through")
    console.print(Panel(Text(answer.stderr.strip()), border_style="red"))


def _run_job(cluster: Cluster) -> None:
    console.print("[bold]A valid one runs a Flink job:[/]")
    _command("kubectl", "apply", "-f", str(EXAMPLE.relative_to(PROJECT)))
    console.print(cluster.kubectl("apply", "-f", str(EXAMPLE)).stdout.strip())
    _command("kubectl", "get", "flinkdeployment", "basic", "--watch")
    deadline, shown = time.monotonic() + WATCH_SECONDS, ""
    while time.monotonic() < deadline:
        row = cluster.kubectl("get", "flinkdeployment", "basic", "--no-headers").stdout.strip()
        state = " ".join(row.split()[:-1])
        if state != shown:
            console.print(f"  {row}")
            shown = state
        if " STABLE True " in state:
            return
        time.sleep(0.5)
    error = cluster.kubectl("get", "flinkdeployment", "basic", "-o", "jsonpath={.status.error}").stdout
    raise ClusterError(f"the job did not reach RUNNING within {WATCH_SECONDS:g} s. {error}")


def _show_next_steps(cluster: Cluster) -> None:
    environment = "" if cluster.external else 'eval "$(.venv/bin/python -m tests.cluster env)"'
    steps = [
        ("look at it from this shell", environment),
        ("the resource", "kubectl get flink; kubectl describe flinkdeployment basic"),
        ("Flink's web page, then http://localhost:8081", "kubectl port-forward service/basic-rest 8081"),
        ("what the operator did", f"kubectl -n {NAMESPACE} logs deployment/flink-operator-controller"),
        (
            "change the job",
            'kubectl patch flinkdep basic --type=merge -p \'{"spec":{"job":{"parallelism":1}}}\'',
        ),
        ("stop it", "kubectl delete flinkdeployment basic"),
        ("stop everything and leave nothing behind", "" if cluster.external else "make cluster-down"),
    ]
    for purpose, command in steps:
        if command:
            console.print(f"  [dim]# {purpose}[/]\n  {command}", soft_wrap=True)


def _command(*words: str) -> None:
    console.print(f"[cyan]$ {' '.join(words)}[/]", soft_wrap=True)


@contextmanager
def _step(name: str) -> Iterator[Progress]:
    """A spinner with what is being done right now; a line with the time it took when done."""
    start = time.monotonic()
    with console.status(f"[bold]{name}[/]") as status:

        def progress(message: str) -> None:
            status.update(f"[bold]{name}[/]: {message} [dim]({time.monotonic() - start:.0f} s)[/]")
            if not console.is_terminal:
                console.print(f"  {message}", soft_wrap=True)

        yield progress
    console.print(f"[green]✓[/] {name} [dim]({time.monotonic() - start:.0f} s)[/]")


if __name__ == "__main__":
    sys.exit(main())
