"""Run Flink's own client against an API server. It ends when the objects are made: it waits for no pod."""

import json
import os
import signal
import subprocess
from pathlib import Path

import yaml

from tests.originals.case import FOLDER, NAME, Case, Json

DEADLINE_SECONDS = 120.0
_LEGACY_FILE, _STANDARD_FILE = "flink-conf.yaml", "config.yaml"
# Its last step, when everything is made, looks for the address of a node or a load balancer. None is here.
_NO_ENDPOINT = "Could not get the rest endpoint of"
# A client lives for seconds: the time for optimizing its code would not come back.
_QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"


class ClientError(Exception):
    """The client failed, or took too long; the text ends with what it said."""


def submit(case: Case, release: str, home: Path, kubeconfig: Path, namespace: str, folder: Path) -> None:
    """Make the case's cluster in the namespace; `folder` is empty, and the client's own for this run.

    Raises ClientError.
    """
    options = _written(case, release, namespace, folder)
    configuration = folder / "conf"
    configuration.mkdir()
    (configuration / (_LEGACY_FILE if release == "1.20" else _STANDARD_FILE)).write_text(
        _configuration(options, release)
    )
    for name, content in case.log_files.items():
        (configuration / name).write_text(content)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "KUBECONFIG": str(kubeconfig),
        "FLINK_CONF_DIR": str(configuration),
        "FLINK_LOG_DIR": str(folder),
        "JVM_ARGS": _QUICK_START,
    }
    if case.hadoop:
        environment["HADOOP_CONF_DIR"] = str(folder / "hadoop")
        (folder / "hadoop").mkdir()
        for name, content in case.hadoop.items():
            (folder / "hadoop" / name).write_text(content)
    script, *arguments = case.client_command(release)
    _run([str(home / script), *arguments], environment, folder)


def _written(case: Case, release: str, namespace: str, folder: Path) -> dict[str, str]:
    """The options, with the files that they name written into the folder."""
    for name, content in case.files.items():
        (folder / name).write_text(content)
    options = {key: value.replace(FOLDER, str(folder)) for key, value in case.client_options(release).items()}
    options["kubernetes.namespace"], options["kubernetes.cluster-id"] = namespace, NAME
    job_manager = case.client_template or case.template
    for component, template in (("jobmanager", job_manager), ("taskmanager", case.template)):
        if template:
            path = folder / f"{component}-template.yaml"
            path.write_text(yaml.safe_dump(_pod(template)))
            options[f"kubernetes.pod-template-file.{component}"] = str(path)
    return options


def _pod(template: Json) -> Json:
    return {"apiVersion": "v1", "kind": "Pod", **template}


def _configuration(options: dict[str, str], release: str) -> str:
    if release == "1.20":
        return "".join(f"{key}: {value}\n" for key, value in options.items())
    return json.dumps(options, indent=1)  # which is YAML too


def _run(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """The script and the JVM that it starts are ended together."""
    output = folder / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            raise ClientError(
                f"{Path(command[0]).name} did not end within {DEADLINE_SECONDS:.0f} s: {_end_of(output)}"
            ) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if status != 0 and _NO_ENDPOINT not in output.read_text(errors="replace"):
        raise ClientError(f"{Path(command[0]).name} ended with status {status}: {_end_of(output)}")


def _end_of(output: Path) -> str:
    """The innermost causes: what they say is followed by a hundred lines of where it happened."""
    lines = [line.strip() for line in output.read_text(errors="replace").splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return " / ".join((causes or lines)[-2:]) or "no output"
