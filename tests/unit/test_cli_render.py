"""`flink-operator render`: what it prints, that it keeps secrets, and how it exits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.main import app
from cli.rendering import as_yaml
from cli.rendering import rendered as objects_of
from controller.flink.operator_files import OperatorFiles
from tests.unit.flink_deployments import UID, application, deployment_of, session, with_metadata
from tests.unit.native_clusters import HA, made, options_of
from tests.unit.reviewed_resources import job_resource

Json = dict[str, Any]

SECRET = "hunter2"  # noqa: S105 - it is what must not be seen


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["render", *arguments], input=stdin, catch_exceptions=False)


def manifest(*resources: Json) -> str:
    """In JSON, whose text stays text for every reader of YAML."""
    return "\n---\n".join(json.dumps(one) for one in resources)


def rendered(raw: Json, *arguments: str) -> list[Json]:
    result = run("-f", "-", *arguments, stdin=manifest(raw))
    assert result.exit_code == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


def as_written(raw: Json) -> Json:
    """The resource as its owner has it in a file."""
    metadata = {key: raw["metadata"][key] for key in ("name", "namespace")}
    return {**raw, "metadata": metadata}


def names_of(objects: list[Json]) -> list[str]:
    return [f"{one['kind']}/{one['metadata']['name']}" for one in objects]


def folder(at: Path, options: Json, files: Json | None = None) -> str:
    (at / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    for name, content in (files or {}).items():
        (at / name).write_text(content, encoding="utf-8")
    return str(at)


def test_all_objects_are_printed_in_the_order_of_their_creation() -> None:
    raw = application(
        podTemplate={"metadata": {"labels": {"team": "a"}}}, ingress={"template": "{{name}}.example.com"}
    )
    assert names_of(rendered(raw)) == [
        "Deployment/orders",
        "Service/orders",
        "Service/orders-rest",
        "ConfigMap/flink-config-orders",
        "ConfigMap/pod-template-orders",
        "Ingress/orders",
    ]


def test_task_managers_of_a_standalone_cluster_come_after_their_configuration() -> None:
    names = names_of(rendered(application(mode="standalone")))
    assert names[-2:] == ["ConfigMap/flink-config-orders", "Deployment/orders-taskmanager"]


@pytest.mark.parametrize("shape", [application, session], ids=["application", "session"])
@pytest.mark.parametrize("mode", ["native", "standalone"])
def test_objects_are_those_of_the_cluster(shape: Any, mode: str) -> None:
    raw = shape(mode=mode, flinkConfiguration={**HA, "my.option": "1e3"})
    cluster = made(raw)
    printed = rendered(raw)
    released = {key: value for key, value in cluster.deployment["spec"].items() if key != "paused"}
    assert printed[0] == {**cluster.deployment, "spec": released}
    ours, theirs = (
        options_of(cluster.config_maps),
        options_of(printed[3:4] if mode == "standalone" else printed[2:3]),
    )
    assert {key for key in ours if ours[key] != theirs.get(key)} <= {
        "$internal.pipeline.job-id",
        "application-result-store.storage-path",
        "job-result-store.storage-path",
    }
    if cluster.task_manager_deployment is not None:
        assert printed[-1] == cluster.task_manager_deployment


def test_what_only_a_cluster_knows_is_in_angle_brackets() -> None:
    objects = rendered(as_written(application()))
    assert objects[0]["metadata"]["ownerReferences"][0]["uid"] == "<uid>"
    assert objects[1]["metadata"]["ownerReferences"][0]["uid"] == "<uid of the Deployment>"
    assert options_of(objects[3:])["$internal.pipeline.job-id"] == "<job id>"


def test_what_the_file_knows_is_taken_from_it() -> None:
    deployment = rendered(with_metadata(application(), generation=7))[0]
    assert deployment["metadata"]["ownerReferences"][0]["uid"] == UID
    assert set(deployment["metadata"]["annotations"].values()) == {"7"}


def test_first_deployment_starts_from_the_initial_savepoint() -> None:
    objects = rendered(application(job={"initialSavepointPath": "s3://b/sp"}))
    assert options_of(objects[3:])["execution.savepoint.path"] == "s3://b/sp"


def test_ingress_is_left_out_where_the_operator_makes_none(tmp_path: Path) -> None:
    options = folder(tmp_path, {"kubernetes.operator.ingress.manage": "false"})
    raw = application(ingress={"template": "{{name}}.example.com"})
    assert "Ingress/orders" not in names_of(rendered(raw, "--configuration", options))


def test_nothing_is_created_for_a_job_that_is_suspended() -> None:
    result = run("-f", "-", stdin=manifest(application(job={"state": "suspended"})))
    assert result.exit_code == 0
    assert list(yaml.safe_load_all(result.stdout)) == []
    assert "suspended" in result.stdout


def test_every_deployment_of_the_input_is_printed_and_nothing_else() -> None:
    other = with_metadata(session(), name="other")
    result = run("-f", "-", stdin=manifest(application(), job_resource(), other))
    assert result.exit_code == 0, result.stderr
    deployments = [one for one in yaml.safe_load_all(result.stdout) if one["kind"] == "Deployment"]
    assert [one["metadata"]["name"] for one in deployments] == ["orders", "other"]


def test_operators_files_and_options_are_those_of_the_folder(tmp_path: Path) -> None:
    files = {"log4j-console.properties": "rootLogger.level=INFO\n", "core-site.xml": "<core/>"}
    options = folder(tmp_path, {"state.checkpoints.num-retained": "5"}, files)
    objects = rendered(application(), "--configuration", options)
    data = objects[3]["data"]
    assert data["log4j-console.properties"] == files["log4j-console.properties"]
    assert options_of(objects[3:])["state.checkpoints.num-retained"] == "5"
    assert objects[4]["data"] == {"core-site.xml": "<core/>"}


KERBEROS = {
    "security.kerberos.login.keytab": "/opt/flink/conf/flink.keytab",
    "security.kerberos.login.principal": "flink@EXAMPLE.COM",
}


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    own = {
        **KERBEROS,
        "s3.secret-key": SECRET,
        "containerized.master.env.DB_PASSWORD": SECRET,
        "kubernetes.secrets": "credentials:/opt/credentials",
        "kubernetes.env.secretKeyRef": "env:USER,secret:credentials,key:user",
    }
    options = folder(tmp_path, {"s3.access-key": SECRET, "fs.token": SECRET}, {"flink.keytab": SECRET})
    result = run("-f", "-", "--configuration", options, stdin=manifest(application(flinkConfiguration=own)))
    assert result.exit_code == 0, result.stderr
    objects = list(yaml.safe_load_all(result.stdout))
    assert [one["data"] for one in objects if one["kind"] == "Secret"] == [{"flink.keytab": "******"}]
    assert SECRET not in result.stdout
    assert "secretName: credentials" in result.stdout


def test_errors_are_those_of_validate_and_nothing_is_printed() -> None:
    broken = manifest(application(), with_metadata(application(serviceAccount=None), name="broken"))
    result = run("-f", "-", stdin=broken)
    validated = CliRunner().invoke(app, ["validate", "-f", "-"], input=broken)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "spec.serviceAccount: is required" in result.stderr
    assert set(result.stderr.splitlines()) <= set(validated.stdout.splitlines())


def test_warnings_do_not_mix_with_the_objects() -> None:
    result = run("-f", "-", stdin=manifest(application(job={"autoscalerResetNonce": 1})))
    assert result.exit_code == 0
    assert "warning" in result.stderr
    assert all(one["kind"] for one in yaml.safe_load_all(result.stdout))


def test_options_that_no_object_can_be_made_of_are_told() -> None:
    result = run("-f", "-", stdin=manifest(application(flinkConfiguration=KERBEROS)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "FlinkDeployment/orders: error: security.kerberos.login.keytab" in result.stderr


@pytest.mark.parametrize("text", ["a: [", "", manifest(job_resource())])
def test_input_that_holds_no_deployment_is_unusable(text: str) -> None:
    assert run("-f", "-", stdin=text).exit_code == 2


def test_folder_without_configuration_is_unusable(tmp_path: Path) -> None:
    result = run("-f", "-", "--configuration", str(tmp_path), stdin=manifest(application()))
    assert result.exit_code == 2


def test_no_file_is_unusable() -> None:
    assert run().exit_code == 2


OPTIONS = st.dictionaries(
    st.sampled_from(
        ["my.option", "kubernetes.jobmanager.labels", "kubernetes.secrets", "containerized.master.env.A"]
    ),
    st.sampled_from(["a:b", "a:b,c:d"]),
)


def text_of(raw: Json) -> str:
    return as_yaml(objects_of(deployment_of(raw), {}, OperatorFiles()))


@given(OPTIONS, st.sampled_from(["native", "standalone"]), st.sampled_from(["v1_20", "v2_3"]), st.randoms())
def test_order_of_the_input_does_not_matter(options: Json, mode: str, version: str, random: Any) -> None:
    raw = application(mode=mode, flinkVersion=version, flinkConfiguration=options)
    keys = list(options)
    random.shuffle(keys)
    shuffled = {**raw["spec"], "flinkConfiguration": {key: options[key] for key in keys}}
    assert text_of(raw) == text_of({**raw, "spec": dict(reversed(shuffled.items()))})


@given(st.text(max_size=12))
def test_text_of_any_sort_is_read_back_as_it_is(text: str) -> None:
    raw = application(flinkVersion="v2_3", job={"args": [text]}, mode="standalone")
    deployment = next(yaml.safe_load_all(text_of(raw)))
    assert deployment["spec"]["template"]["spec"]["containers"][-1]["args"][-1] == text


@pytest.mark.parametrize("text", ["1e3", "0o17", "12e45", "1_000", "0x1f", "+.5"])
def test_text_that_some_yaml_takes_for_a_number_is_quoted(text: str) -> None:
    raw = application(flinkConfiguration={"containerized.master.env.A": text})
    assert f"value: '{text}'" in run("-f", "-", stdin=manifest(raw)).stdout


def test_render_needs_no_client_of_kubernetes() -> None:
    program = (
        "import sys; import cli.render; "
        "print([name for name in ('aiohttp', 'kopf', 'kubernetes', 'fastapi') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.stdout.strip() == "[]", answer.stderr
