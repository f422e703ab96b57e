"""`flink-operator validate` held against a real API server and kubectl."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.main import app
from shared.rules.metadata import metadata_findings
from shared.rules.unknown_fields import unknown_field_findings
from tests.api.api_server import SESSION_JOBS, Json
from tests.api.edits import merged, refusal
from tests.api.namespace import Namespace
from tests.api.resources import (
    blue_green_deployment,
    flink_deployment,
    in_namespace,
    session_job,
    state_snapshot,
)
from tests.api.service_process import PROJECT
from tests.unit.test_cli_yaml import PLAIN

EXAMPLES = sorted((PROJECT / "examples").glob("**/*.yaml"))

Found = set[tuple[str, str]]
"""Path and code of each error."""


def run(namespace: Namespace, *arguments: str, resource: Json | None = None, **environment: str) -> Result:
    return CliRunner(env=namespace.cluster.environment() | environment).invoke(
        app,
        ["validate", "--cluster", "--namespace", namespace.name, "--output", "json", *arguments],
        input=yaml.safe_dump(resource),
        catch_exceptions=False,
    )


def told(result: Result, severity: str = "error") -> Found:
    return {(one["path"], one["code"]) for one in json.loads(result.stdout) if one["severity"] == severity}


def refused_for(message: str) -> Found:
    """What kubectl prints: one finding in a line, or a list."""
    return set(re.findall(r"(?:^\* |is invalid: )(\S+): .*\[(FK\d{3})\]$", message, re.MULTILINE))


def assert_same_verdict(namespace: Namespace, file: Path) -> None:
    result = run(namespace, "-f", str(file))
    applied = namespace.kubectl("apply", "-f", str(file))
    assert (result.exit_code == 0) == (applied.returncode == 0), applied.stderr
    assert told(result) == refused_for(applied.stderr)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_gets_the_verdict_of_the_api_server(guarded: Namespace, example: Path) -> None:
    assert_same_verdict(guarded, example)


_BOTH = {"savepoint": {"alreadyExists": True}, "checkpoint": {}, "backoffLimit": -2}


@pytest.mark.parametrize(
    "resource",
    [
        flink_deployment("not.a.name", {"parallelism": 0}, flinkVersion="v9_9"),
        flink_deployment("a", jobManager={"resource": {"memory": "1g"}, "replicas": 2}),
        flink_deployment("a", {"args": [1]}, flinkConfiguration={"rest.port": "http"}, image=5),
        session_job("a", {"upgradeMode": "last-state"}, deploymentName=None),
        merged(state_snapshot("a"), {"spec": _BOTH}),
        merged(blue_green_deployment("a"), {"spec": {"template": {"spec": {"serviceAccount": None}}}}),
    ],
    ids=lambda resource: resource["kind"],
)
def test_broken_resource_gets_the_verdict_of_the_api_server(
    guarded: Namespace, tmp_path: Path, resource: Json
) -> None:
    file = tmp_path / "resource.yaml"
    file.write_text(yaml.safe_dump(resource))
    assert_same_verdict(guarded, file)


def test_reference_to_a_stored_object_is_looked_up(namespace: Namespace) -> None:
    namespace.store(flink_deployment("cluster"))
    wrong = run(namespace, "-f", "-", resource=session_job("job", deploymentName="cluster"))
    assert ("spec.deploymentName", "FK205") in told(wrong)
    absent = run(namespace, "-f", "-", resource=session_job("job", deploymentName="absent"))
    assert ("spec.deploymentName", "FK206") in told(absent, "warning")


def test_what_runs_cannot_be_changed(namespace: Namespace) -> None:
    job = session_job("job", deploymentName="cluster")
    namespace.store(job)
    document = json.dumps({"spec": job["spec"], "resource_metadata": {"apiVersion": job["apiVersion"]}})
    status = {"status": {"reconciliationStatus": {"lastReconciledSpec": document}}}
    namespace.patch("job", status, SESSION_JOBS, subresource="status")
    moved = run(namespace, "-f", "-", resource=session_job("job", deploymentName="other"))
    assert told(moved) == {("spec.deploymentName", "FK204")}
    assert told(run(namespace, "-f", "-", resource=job)) == set()


def test_nothing_is_written(namespace: Namespace) -> None:
    namespace.store(session_job("job"))
    before = namespace.now()
    run(namespace, "-f", "-", resource=session_job("job", {"parallelism": 5}))
    assert namespace.history(SESSION_JOBS, before) == []


def edited_kubeconfig(namespace: Namespace, folder: Path, **edits: Json) -> str:
    """A copy with changes to its only cluster or user."""
    document = yaml.safe_load(namespace.cluster.kubeconfig.read_text())
    for part, edit in edits.items():
        document[f"{part}s"][0][part] |= edit
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    return str(file)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"user": {"as": "nobody"}}, "Forbidden"),
        ({"cluster": {"server": "https://127.0.0.1:1"}}, "refused"),
    ],
    ids=["forbidden", "no-server"],
)
def test_cluster_that_gives_no_answer_makes_the_call_unusable(
    namespace: Namespace, tmp_path: Path, edits: dict[str, Json], words: str
) -> None:
    kubeconfig = edited_kubeconfig(namespace, tmp_path, **edits)
    result = run(namespace, "-f", "-", resource=session_job("job"), KUBECONFIG=kubeconfig)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert words in result.stderr


def test_context_that_is_not_there_makes_the_call_unusable(namespace: Namespace) -> None:
    result = run(namespace, "-f", "-", "--context", "absent", resource=session_job("job"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "absent" in result.stderr


@pytest.mark.parametrize(
    ("resource", "changes"),
    [
        (
            flink_deployment("a"),
            {
                "more": 1,
                "metadata": {"label": {}},
                "spec": {
                    "parallelism": 1,
                    "flink_version": "v2_3",
                    "job": {"paralelism": 1},
                    "jobManager": {"memory": "1g", "resource": {"gpu": 1}, "resources": {"limit": {}}},
                    "ingress": {"template": "a", "tls": [{"host": "a"}]},
                    "podTemplate": {"containers": [], "spec": {"kept": 1}},
                    "flinkConfiguration": {"kept": 1},
                },
            },
        ),
        (session_job("a"), {"spec": {"clusterName": "a", "job": {"jarUri": "a"}}}),
        (
            merged(state_snapshot("a"), {"spec": {"savepoint": None}}),
            {"spec": {"checkpoint": {"type": "FULL"}, "jobReference": {"namespace": "b"}}},
        ),
        (
            blue_green_deployment("a"),
            {"spec": {"job": {}, "template": {"metadata": {"kept": 1}, "spec": {"job": {"zzz": 1}}}}},
        ),
    ],
    ids=["FlinkDeployment", "FlinkSessionJob", "FlinkStateSnapshot", "FlinkBlueGreenDeployment"],
)
def test_unknown_fields_are_those_that_kubectl_refuses(
    namespace: Namespace, resource: Json, changes: Json
) -> None:
    raw = merged(resource, changes)
    message = namespace.refuses("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=raw)
    refused = re.findall(r'unknown field "([^"]+)"', message)
    assert sorted(finding.path for finding in unknown_field_findings(raw)) == sorted(refused)


_DOMAIN = "a." * 126 + "a"


@pytest.mark.parametrize(
    "metadata",
    [
        *({"name": name} for name in ("a.b", "A", "a_b", "a-", "a..b", _DOMAIN, f"{_DOMAIN}a", "a\n")),
        *(
            {"name": "a", "labels": {"a": value}}
            for value in ("", "A_b.1", "a b", "-a", "a" * 63, "a" * 64, "\u00e4", "a\n")
        ),
        *(
            {"name": "a", part: {key: "a"}}
            for part in ("labels", "annotations")
            for key in ("a", "a/b", "A.b/c", "a_b/c", "a/b/c", "/a", "a/", "-a", "a" * 64, f"{_DOMAIN}/a", "")
        ),
        {"name": "a", "annotations": {"a": "x" * (256 * 1024)}},
        {"name": "a", "annotations": {"a": "x" * (256 * 1024 - 1)}},
    ],
    ids=lambda metadata: repr(metadata)[:60],
)
def test_metadata_is_what_the_api_server_takes(shared_namespace: Namespace, metadata: Json) -> None:
    raw = {**session_job("a"), "metadata": metadata}
    body = in_namespace(raw, shared_namespace.name)
    refused = refusal(lambda: shared_namespace.api.create(SESSION_JOBS, body, dry_run=True))
    assert bool(list(metadata_findings(raw))) == bool(refused), refused


def test_scalars_are_read_as_kubectl_reads_them(namespace: Namespace, tmp_path: Path) -> None:
    file = tmp_path / "resource.yaml"
    lines = [f"    k{number}: {text}" for number, text in enumerate(PLAIN)]
    header = yaml.safe_dump({**flink_deployment("a"), "spec": {}}).replace("spec: {}\n", "")
    file.write_text(f"{header}spec:\n  flinkConfiguration:\n" + "\n".join(lines))
    read: Json = json.loads(namespace.succeeds("create", "--dry-run=client", "-o", "json", "-f", str(file)))
    values: dict[str, Any] = read["spec"]["flinkConfiguration"]
    expected = {f"k{number}": value for number, value in enumerate(PLAIN.values())}
    differing = {
        text: (values[f"k{number}"], value)
        for number, (text, value) in enumerate(PLAIN.items())
        if values[f"k{number}"] != expected[f"k{number}"]
    }
    assert differing == {"18446744073709551615": (18446744073709552000, 2**64 - 1)}  # it rounds on output
