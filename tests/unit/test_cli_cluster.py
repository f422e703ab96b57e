"""What a cluster has stored, through kubectl: a script in its place."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.cluster import Cluster, ClusterError
from cli.main import app
from shared.rules.context import Presence
from tests.unit.flink_deployments import application, session
from tests.unit.reviewed_resources import job_resource

Json = dict[str, Any]
Kubectl = Callable[..., Path]
CLUSTER = ("FlinkDeployment", "shop", "cluster")


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """Puts a kubectl with one answer into PATH; gives the file that lists its calls."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def place(answer: str = "", error: str = "", status: int = 0, seconds: float = 0) -> Path:
        calls = tmp_path / "calls"
        script = tmp_path / "kubectl"
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {calls}\n{f"exec sleep {seconds}" if seconds else ""}\n'
            f"printf '%s' {shlex.quote(answer)}\nprintf '%s' {shlex.quote(error)} >&2\nexit {status}\n"
        )
        script.chmod(0o755)
        return calls

    return place


def stored(raw: Json, name: str, **fields: Any) -> Json:
    return {**raw, "metadata": {"name": name, "namespace": "shop", "uid": "1"}, **fields}


def listing(*objects: Json) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def validate(*arguments: str, resources: tuple[Json, ...]) -> Result:
    return CliRunner().invoke(
        app,
        ["validate", "-f", "-", "--cluster", *arguments],
        input=yaml.safe_dump_all(resources),
        catch_exceptions=False,
    )


def codes(result: Result) -> set[tuple[str, str]]:
    return {(one["code"], one["severity"]) for one in json.loads(result.stdout)}


def test_object_is_read_once(kubectl: Kubectl) -> None:
    calls = kubectl(json.dumps(stored(session(), "cluster")))
    cluster = Cluster()
    found = [cluster.look_up(*CLUSTER) for _ in range(2)]
    assert found == [stored(session(), "cluster")] * 2
    assert calls.read_text().count("\n") == 1


def test_call_names_the_context_and_can_only_read(kubectl: Kubectl) -> None:
    calls = kubectl()
    Cluster("production").look_up(*CLUSTER)
    assert calls.read_text().split() == [
        "--context=production",
        *("get", "--namespace=shop", "--output=json", "--ignore-not-found"),
        *("--", "flinkdeployments.flink.apache.org", "cluster"),
    ]


def test_several_objects_are_read_in_one_call(kubectl: Kubectl) -> None:
    calls = kubectl(listing(stored(session(), "a"), stored(session(), "b")))
    cluster = Cluster()
    cluster.load([("FlinkDeployment", "shop", name) for name in ("c", "a", "b")])
    assert calls.read_text().split()[-3:] == ["a", "b", "c"]
    assert cluster.look_up("FlinkDeployment", "shop", "c") is Presence.ABSENT
    assert cluster.look_up("FlinkDeployment", "shop", "b") == stored(session(), "b")


def test_what_is_not_there_is_absent(kubectl: Kubectl) -> None:
    kubectl("")
    assert Cluster().look_up(*CLUSTER) is Presence.ABSENT


@pytest.mark.parametrize(
    ("namespace", "name"),
    [("shop", "--all-namespaces"), ("shop", "a/b"), ("shop", "a b"), ("shop", "A"), ("", "a"), ("-x", "a")],
)
def test_what_cannot_be_stored_is_not_asked_for(kubectl: Kubectl, namespace: str, name: str) -> None:
    calls = kubectl()
    assert Cluster().look_up("FlinkDeployment", namespace, name) is Presence.ABSENT
    assert not calls.exists()


def test_refusal_is_the_last_line_of_kubectl(kubectl: Kubectl) -> None:
    kubectl(error="E1121 memcache.go\nError from server (Forbidden): no\n", status=1)
    with pytest.raises(ClusterError, match=r"^kubectl: Error from server \(Forbidden\): no$"):
        Cluster().look_up(*CLUSTER)


@pytest.mark.parametrize("answer", ["no JSON", "[]", "5"])
def test_answer_that_is_no_object_is_an_error(kubectl: Kubectl, answer: str) -> None:
    kubectl(answer)
    with pytest.raises(ClusterError, match="not an object"):
        Cluster().look_up(*CLUSTER)


def test_cluster_that_does_not_answer_is_an_error(kubectl: Kubectl) -> None:
    kubectl(seconds=30)
    with pytest.raises(ClusterError, match=r"did not answer within 0\.2 seconds"):
        Cluster(seconds=0.2).look_up(*CLUSTER)


def test_missing_kubectl_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="needs kubectl"):
        Cluster().look_up(*CLUSTER)


def test_cluster_that_cannot_be_read_makes_the_call_unusable(kubectl: Kubectl) -> None:
    kubectl(error="Error from server (Forbidden): no", status=1)
    result = validate("-n", "shop", resources=(job_resource(),))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: kubectl: Error from server (Forbidden): no\n"


def test_absent_cluster_of_a_job_is_told(kubectl: Kubectl) -> None:
    kubectl()
    result = validate("-n", "shop", "-o", "json", resources=(job_resource(),))
    assert ("FK206", "warning") in codes(result)


def test_stored_cluster_of_a_job_is_looked_at(kubectl: Kubectl) -> None:
    kubectl(json.dumps(stored(application(), "cluster")))
    result = validate("-n", "shop", "-o", "json", resources=(job_resource(),))
    assert ("FK205", "error") in codes(result)


def test_cluster_that_is_about_to_be_applied_comes_before_the_stored_one(kubectl: Kubectl) -> None:
    kubectl(json.dumps(stored(application(), "cluster")))
    new = stored(session(), "cluster")
    result = validate("-n", "shop", "-o", "json", resources=(job_resource(), new))
    assert ("FK205", "error") not in codes(result)


def running(raw: Json) -> Json:
    """Status of a resource that was reconciled with this spec."""
    document = {"spec": raw["spec"], "resource_metadata": {"apiVersion": "flink.apache.org/v1beta1"}}
    return {"reconciliationStatus": {"lastReconciledSpec": json.dumps(document)}}


def test_what_runs_in_the_cluster_cannot_change(kubectl: Kubectl) -> None:
    old = job_resource(deploymentName="other")
    kubectl(json.dumps(stored(old, "job", status=running(old))))
    result = validate("-n", "shop", "-o", "json", resources=(job_resource(),))
    assert ("FK204", "error") in codes(result)


def test_error_that_the_stored_object_has_already_is_a_warning(kubectl: Kubectl) -> None:
    broken = job_resource(job={"jarURI": "https://h/j.jar", "parallelism": 0})
    kubectl(json.dumps(stored(broken, "job")))
    result = validate("-n", "shop", "-o", "json", resources=(broken,))
    assert (result.exit_code, ("FK108", "warning") in codes(result)) == (0, True)


def test_resource_that_is_being_deleted_has_no_errors(kubectl: Kubectl) -> None:
    old = stored(job_resource(), "job")
    old["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    kubectl(json.dumps(old))
    result = validate("-n", "shop", resources=(job_resource(deploymentName=None),))
    assert result.exit_code == 0


def test_namespace_is_that_of_the_context_when_none_is_named(kubectl: Kubectl) -> None:
    calls = kubectl("shop")
    assert Cluster("production").namespace() == "shop"
    assert calls.read_text().startswith("--context=production config view --minify")


def test_namespace_of_a_context_without_one_is_default(kubectl: Kubectl) -> None:
    kubectl("")
    assert Cluster().namespace() == "default"
