"""`flink-operator validate`: what it finds, where it says it is, and how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.main import app
from shared.rules import RuleContext, check
from tests.unit.flink_deployments import application, session
from tests.unit.reviewed_resources import job_resource

Json = dict[str, Any]

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["validate", *arguments], input=stdin, catch_exceptions=False)


def manifest(*resources: Json) -> str:
    return yaml.safe_dump_all(resources, sort_keys=False)


def findings(*arguments: str, stdin: str = "") -> list[Json]:
    """What `--output json` lists, for resources on standard input unless others are named."""
    result = run(*(arguments or ("-f", "-")), "--output", "json", stdin=stdin)
    listed: list[Json] = json.loads(result.stdout)
    return listed


def found(*resources: Json, arguments: tuple[str, ...] = ()) -> set[tuple[str, str, str]]:
    """Name, code and path of each error."""
    return {
        (one["name"], one["code"], one["path"])
        for one in findings("-f", "-", *arguments, stdin=manifest(*resources))
        if one["severity"] == "error"
    }


def named(resource: Json, name: str, namespace: str | None = "shop") -> Json:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {**resource, "metadata": metadata}


def test_valid_resource_gives_the_summary_and_nothing_else() -> None:
    result = run("-f", "-", stdin=manifest(named(application(jobManager=SIZED, taskManager=SIZED), "a")))
    assert (result.exit_code, result.stdout) == (0, "1 resource in 1 file: valid\n")


SIZED = {"resources": {"requests": {"memory": "1Gi", "cpu": "1"}}}


def test_example_that_is_invalid_gives_the_findings_of_the_rules() -> None:
    file = EXAMPLES / "invalid.yaml"
    expected = check(yaml.safe_load(file.read_text()), RuleContext())
    listed = findings("-f", str(file))
    assert {(one["code"], one["path"], one["message"], one["hint"]) for one in listed} == {
        (one.code, one.path, one.message, one.hint) for one in expected
    }


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("**/*.yaml")), ids=lambda file: file.stem)
def test_example_is_as_valid_as_its_name_says(file: Path) -> None:
    assert run("-f", str(file)).exit_code == (file.stem == "invalid")


def test_json_has_exactly_these_fields() -> None:
    (one,) = findings("-f", "-", stdin=manifest(named(job_resource(deploymentName=None), "a")))[:1]
    assert list(one) == [*("file", "document", "kind", "name", "severity", "code", "path", "message", "hint")]
    assert (one["file"], one["document"], one["kind"], one["name"]) == ("stdin", 1, "FlinkSessionJob", "a")


def test_json_of_what_is_valid_is_an_empty_list() -> None:
    assert findings("-f", "-", stdin=manifest({"apiVersion": "v1", "kind": "ConfigMap"})) == []


def test_unknown_field_is_an_error_beside_those_of_the_rules() -> None:
    resource = application(job={"paralelism": 2, "parallelism": 0}, serviceAccount=None)
    assert found(named(resource, "a")) >= {
        ("a", "FK010", "spec.job.paralelism"),
        ("a", "FK108", "spec.job.parallelism"),
        ("a", "FK105", "spec.serviceAccount"),
    }


def test_unknown_field_of_a_pod_template_is_told_once() -> None:
    resource = named(application(podTemplate={"containers": [], "spec": {"container": []}}), "a")
    listed = findings("-f", "-", stdin=manifest(resource))
    told = [(one["code"], one["severity"], one["path"]) for one in listed if "podTemplate" in one["path"]]
    assert told == [
        ("FK010", "error", "spec.podTemplate.containers"),
        ("FK118", "warning", "spec.podTemplate.spec.container"),
    ]


def test_key_that_is_there_twice_is_an_error_with_both_lines() -> None:
    text = manifest(named(job_resource(), "a")) + "  deploymentName: other\n"
    (one,) = [one for one in findings("-f", "-", stdin=text) if one["code"] == "FK007"]
    assert (one["path"], one["message"]) == ("spec.deploymentName", "is there already, in line 7")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"apiVersion": "flink.apache.org/v1"}, ("a", "FK003", "apiVersion")),
        ({"apiVersion": None}, ("a", "FK003", "apiVersion")),
        ({"kind": "FlinkSesionJob"}, ("a", "FK002", "kind")),
        ({"kind": None}, ("a", "FK002", "kind")),
        ({"metadata": {"namespace": "shop"}}, ("", "FK012", "metadata.name")),
        ({"metadata": {}}, ("", "FK012", "metadata.name")),
        ({"metadata": None}, ("", "FK012", "metadata")),
        ({"metadata": 5}, ("", "FK018", "metadata")),
        ({"metadata": {"name": 5}}, ("", "FK016", "metadata.name")),
        ({"spec": None}, ("a", "FK012", "spec")),
    ],
)
def test_resource_that_is_hardly_one_is_one_error(change: Json, error: tuple[str, str, str]) -> None:
    resource = named(job_resource(), "a") | change
    assert found({key: value for key, value in resource.items() if value is not None}) == {error}


@pytest.mark.parametrize("field", ["kind", "apiVersion"])
def test_what_is_missing_is_called_so(field: str) -> None:
    resource = named(job_resource(), "a")
    del resource[field]
    (one,) = findings("-f", "-", stdin=manifest(resource))
    assert (one["path"], one["message"]) == (field, "is missing")


def test_metadata_that_kubernetes_does_not_take_is_told() -> None:
    metadata = {"name": "a_b", "labels": {"team": "a b"}}
    assert found({**job_resource(), "metadata": metadata}) == {
        ("a_b", "FK021", "metadata.name"),
        ("a_b", "FK021", "metadata.labels.team"),
    }


def test_name_that_no_cluster_can_have_is_told_once() -> None:
    assert found({**application(), "metadata": {"name": "A_b"}}) == {("A_b", "FK101", "metadata.name")}


def test_missing_name_of_a_deployment_is_told_once() -> None:
    assert found({**application(), "metadata": {"labels": {}}}) == {("", "FK012", "metadata.name")}


def test_generated_name_is_a_name() -> None:
    assert found({**application(), "metadata": {"generateName": "orders-"}}) == set()


def test_generated_name_that_would_be_too_long_is_an_error() -> None:
    prefix = "x" * 42
    assert found({**application(), "metadata": {"generateName": prefix}}) == {
        (prefix, "FK101", "metadata.name")
    }


def test_same_resource_twice_is_an_error_that_names_the_other(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(manifest(named(job_resource(), "same")))
    (one,) = [one for one in findings("-f", str(tmp_path)) if one["code"] == "FK009"]
    assert (one["file"], one["path"]) == (str(tmp_path / "b.yaml"), "metadata.name")
    assert f"{tmp_path / 'a.yaml'}:1" in one["message"]


@pytest.mark.parametrize(
    ("one", "other", "is_error"),
    [
        (named(job_resource(), "a", "x"), named(job_resource(), "a", "y"), False),
        (named(job_resource(), "a", None), named(job_resource(), "a", "default"), True),
        (named(job_resource(), "a"), named(session(), "a"), False),
    ],
    ids=["namespaces", "default-namespace", "kinds"],
)
def test_same_name_is_an_error_within_kind_and_namespace(one: Json, other: Json, is_error: bool) -> None:
    assert ("a", "FK009", "metadata.name") in found(one, other) or not is_error
    assert (("a", "FK009", "metadata.name") in found(one, other)) == is_error


def test_namespace_of_the_call_is_that_of_resources_that_name_none() -> None:
    pair = (named(job_resource(), "a", None), named(job_resource(), "a", "x"))
    assert found(*pair, arguments=("--namespace", "x")) == {("a", "FK009", "metadata.name")}


def test_other_documents_are_known_to_the_rules() -> None:
    cluster, job = named(application(), "cluster"), named(job_resource(), "a")
    assert ("a", "FK205", "spec.deploymentName") in found(job, cluster)
    assert ("a", "FK205", "spec.deploymentName") not in found(job, named(session(), "cluster"))


def test_documents_without_a_namespace_are_in_one() -> None:
    pair = (named(application(), "cluster", None), named(job_resource(), "a", None))
    assert ("a", "FK205", "spec.deploymentName") in found(*pair, arguments=("-n", "shop"))


def test_what_is_not_given_is_not_taken_for_absent() -> None:
    listed = findings("-f", "-", stdin=manifest(named(job_resource(), "a")))
    assert "FK206" not in {one["code"] for one in listed}


def test_status_in_a_file_says_what_runs() -> None:
    running = {
        "spec": job_resource(deploymentName="other")["spec"],
        "resource_metadata": {"apiVersion": "v1"},
    }
    status = {"reconciliationStatus": {"lastReconciledSpec": json.dumps(running)}}
    assert ("a", "FK204", "spec.deploymentName") in found(named(job_resource(), "a") | {"status": status})


def test_configuration_of_the_operator_is_used(tmp_path: Path) -> None:
    resource = named(application(job={"upgradeMode": "last-state"}), "a")
    error = ("a", "FK106", "spec.flinkConfiguration[execution.checkpointing.dir]")
    (tmp_path / "config.yaml").write_text("execution.checkpointing.dir: s3://bucket/folder\n")
    assert error in found(resource)
    assert error not in found(resource, arguments=("--configuration", str(tmp_path)))


def test_warnings_fail_only_when_asked_to() -> None:
    text = manifest(named(application(podTemplate={"spec": {"container": []}}), "a"))
    assert {one["severity"] for one in findings("-f", "-", stdin=text)} == {"warning"}
    assert run("-f", "-", stdin=text).exit_code == 0
    strict = run("-f", "-", "--warnings-as-errors", "-o", "json", stdin=text)
    assert strict.exit_code == 1
    assert {one["severity"] for one in json.loads(strict.stdout)} == {"error"}


def test_findings_are_in_the_order_of_the_files(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / name).write_text(manifest(named(job_resource(deploymentName=None), name[0])) + "---\n[")
    codes = [
        (one["name"], one["code"]) for one in findings("-f", str(tmp_path)) if one["severity"] == "error"
    ]
    assert codes == [("a", "FK201"), ("", "FK005"), ("b", "FK201"), ("", "FK005")]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (manifest({"apiVersion": "v1", "kind": "ConfigMap"}), 0),
        (manifest(named(session(), "a")), 0),
        (manifest(named(session(serviceAccount=None), "a")), 1),
        ("- a", 1),
        ("[" * 100_000, 1),
        ("a: [", 2),
        ("", 2),
        ("\0", 2),
        (manifest(named(session(serviceAccount=None), "a")) + "---\na: [", 2),
    ],
    ids=["other", "valid", "error", "list", "deep", "not-yaml", "empty", "binary", "error-and-not-yaml"],
)
def test_exit_status(text: str, status: int) -> None:
    assert run("-f", "-", stdin=text).exit_code == status


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a file"),
        (("-f",), "-f"),
        (("-f", "-", "--output", "xml"), "xml"),
        (("-f", "-", "--context", "a"), "--cluster"),
        (("-f", "-", "--configuration", "/absent"), "/absent"),
        (("-f", "-", "--unknown"), "--unknown"),
        (("-f", "-", "--cluster=maybe"), "--cluster"),
    ],
)
def test_call_that_cannot_be_meant_is_refused(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments, stdin=manifest(named(session(), "a")))
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize("text", [None, "a: [", "- a"])
def test_configuration_that_cannot_be_used_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "config.yaml").write_text(text)
    result = run("-f", "-", "--configuration", str(tmp_path), stdin="")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "config.yaml" in result.stderr


def test_files_may_be_named_without_an_option(tmp_path: Path) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text(manifest(named(session(), file.stem)))
    assert run(*map(str, files)).stdout.startswith("2 resources in 2 files")


def test_file_that_is_not_there_does_not_hide_the_others() -> None:
    result = run("-f", "absent.yaml", "-f", str(EXAMPLES / "invalid.yaml"))
    assert result.exit_code == 2
    assert "absent.yaml: error: cannot be read: No such file or directory." in result.stdout
    assert "FK108" in result.stdout


@given(st.binary(max_size=300), st.sampled_from(["text", "json", "github", "sarif"]))
@settings(max_examples=150, deadline=10_000)
def test_any_bytes_end_with_an_exit_status(data: bytes, output: str) -> None:
    assert run("-f", "-", "-o", output, stdin=data).exit_code in {0, 1, 2}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([application(), session(), job_resource()]),
    st.sampled_from(["apiVersion", "kind", "metadata", "spec", "status", "items", "more"]),
    _ANYTHING,
)
@settings(max_examples=150, deadline=10_000)
def test_resource_with_anything_in_it_ends_with_an_exit_status(
    resource: Json, field: str, value: Any
) -> None:
    text = json.dumps({**resource, field: value})
    assert run("-f", "-", stdin=text).exit_code in {0, 1, 2}
