"""`flink-operator config`: what it prints, that it keeps secrets, and how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.main import app
from shared.config.sensitive import is_sensitive
from tests.unit.flink_deployments import application, session
from tests.unit.native_clusters import made, options_of
from tests.unit.reviewed_resources import job_resource

Json = dict[str, Any]

SECRET = "hunter2"  # noqa: S105 - it is what must not be seen


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["config", *arguments], input=stdin, catch_exceptions=False)


def manifest(*resources: Json) -> str:
    return yaml.safe_dump_all(resources, sort_keys=False)


def printed(raw: Json, *arguments: str) -> Json:
    """The one object that `--output json` prints."""
    result = run("-f", "-", "--output", "json", *arguments, stdin=manifest(raw))
    (found,) = json.loads(result.stdout)
    return dict(found)


def explained(raw: Json, key: str, *arguments: str) -> Json:
    (found,) = (one for one in printed(raw, "--explain", *arguments)["options"] if one["key"] == key)
    return dict(found)


def folder(at: Path, name: str, **options: str) -> str:
    (at / name).mkdir()
    (at / name / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    return str(at / name)


POD: Json = {"podTemplate": {"spec": {"containers": [{"name": "sidecar", "image": "log"}]}}}


@pytest.mark.parametrize("version", ["v1_20", "v2_3"])
@pytest.mark.parametrize(
    "spec", [{}, POD, {**POD, "mode": "standalone"}], ids=["native", "pod template", "standalone"]
)
@pytest.mark.parametrize("shape", [application, session], ids=["application", "session"])
def test_what_is_printed_is_what_the_cluster_gets(shape: Any, spec: Json, version: str) -> None:
    raw = shape(flinkVersion=version, **spec)
    shipped = options_of(made(raw).config_maps)
    told = printed(raw)["options"]
    only_known_to_a_cluster = {"$internal.pipeline.job-id", "kubernetes.jobmanager.annotations"}
    assert told.keys() == shipped.keys()
    assert {key for key in told if told[key] != shipped[key]} <= only_known_to_a_cluster


def test_text_is_a_line_an_option_below_the_name() -> None:
    lines = run("-f", "-", stdin=manifest(application(flinkVersion="v2_3"))).stdout.splitlines()
    assert lines[0] == "# shop/orders, Flink v2_3"
    assert "kubernetes.cluster-id: orders" in lines
    assert lines[1:] == sorted(lines[1:])


def test_explanation_in_text_names_the_layers(tmp_path: Path) -> None:
    operator = folder(tmp_path, "conf", **{"web.timeout": "1"})
    raw = application(flinkConfiguration={"web.timeout": "2"})
    text = run("-f", "-", "--explain", "--configuration", operator, stdin=manifest(raw)).stdout
    assert "web.timeout: 2\n    # spec.flinkConfiguration\n    # over operator defaults: 1\n" in text


def test_every_layer_is_told(tmp_path: Path) -> None:
    defaults = "kubernetes.operator.default-configuration"
    operator = folder(
        tmp_path,
        "conf",
        **{
            "web.timeout": "1",
            f"{defaults}.namespace.shop.web.timeout": "3",
            f"{defaults}.flink-version.v1_18+.web.timeout": "4",
            f"{defaults}.flink-version.v2_3.web.timeout": "5",
        },
    )
    over = folder(tmp_path, "over", **{"web.timeout": "2"})
    raw = application(flinkVersion="v2_3", flinkConfiguration={"web.timeout": "6"})
    assert explained(raw, "web.timeout", "--configuration", operator, "--overrides", over) == {
        "key": "web.timeout",
        "value": "6",
        "layer": "spec.flinkConfiguration",
        "shipped": True,
        "overrides": [
            {"layer": "Flink version defaults v2_3", "value": "5"},
            {"layer": "Flink version defaults v1_18+", "value": "4"},
            {"layer": "namespace defaults", "value": "3"},
            {"layer": "operator overrides", "value": "2"},
            {"layer": "operator defaults", "value": "1"},
        ],
    }


def test_options_of_the_operator_are_explained_as_not_passed_on() -> None:
    key = "kubernetes.operator.savepoint.history.max.count"
    raw = application(flinkConfiguration={key: "3"})
    assert key not in printed(raw)["options"]
    assert explained(raw, key)["shipped"] is False


def test_pod_template_of_task_managers_is_told() -> None:
    key = "kubernetes.pod-template-file.taskmanager"
    assert explained(application(**POD), key)["layer"] == "derived from spec.podTemplate"


def test_ports_that_pods_get_are_told_as_such() -> None:
    assert explained(application(), "blob.server.port")["layer"] == "fixed for Flink's pods"


@pytest.mark.parametrize(
    "arguments", [(), ("--explain",), ("--output", "json"), ("--explain", "--output", "json")]
)
@pytest.mark.parametrize(
    "key",
    [
        "s3.secret-key",
        "s3.access-key",
        "fs.azure.account.key.mine.blob.core.windows.net",
        "security.ssl.internal.key-password",
        "metrics.reporter.dghttp.apikey",
        "gs.auth.service.account.credentials",
        "kubernetes.operator.user.artifacts.http.header",
    ],
)
def test_secret_is_not_shown_wherever_it_comes_from(
    tmp_path: Path, key: str, arguments: tuple[str, ...]
) -> None:
    operator = folder(
        tmp_path,
        "conf",
        **{
            key: f"{SECRET}-1",
            f"kubernetes.operator.default-configuration.namespace.shop.{key}": f"{SECRET}-2",
        },
    )
    raw = application(flinkConfiguration={key: f"{SECRET}-3"})
    result = run("-f", "-", "--configuration", operator, *arguments, stdin=manifest(raw))
    assert result.exit_code == 0
    assert SECRET not in result.output


def test_hidden_value_is_seen_to_be_there() -> None:
    assert (
        printed(application(flinkConfiguration={"s3.secret-key": SECRET}))["options"]["s3.secret-key"]
        == "******"
    )


@settings(deadline=None)
@given(st.sampled_from(["password", "Secret", "TOKEN", "apiKey"]), st.text(max_size=5), st.text(max_size=5))
def test_option_is_sensitive_wherever_in_its_name_the_word_stands(word: str, before: str, after: str) -> None:
    assert is_sensitive(before + word + after)


def test_output_is_the_same_every_time() -> None:
    text = manifest(application(), session())
    assert run("-f", "-", "--explain", stdin=text).stdout == run("-f", "-", "--explain", stdin=text).stdout


def test_several_resources_stand_one_after_another() -> None:
    one, two = application(), session()
    two["metadata"] = {"name": "other", "namespace": "shop"}
    text = run("-f", "-", stdin=manifest(one, job_resource(), two)).stdout
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# shop/orders, Flink v2_3",
        "# shop/other, Flink v2_3",
    ]


def test_namespace_is_the_resources_own_or_the_one_that_is_named() -> None:
    raw = application()
    assert printed(raw, "--namespace", "test")["namespace"] == "shop"
    del raw["metadata"]["namespace"]
    assert printed(raw, "--namespace", "test")["options"]["kubernetes.namespace"] == "test"


def test_characters_that_steer_terminals_are_not_passed_on() -> None:
    raw = application(flinkConfiguration={"a\x1b[2J": "b\x1b[31m\nkubernetes.cluster-id: forged"})
    text = run("-f", "-", "--explain", stdin=manifest(raw)).stdout
    assert "\x1b" not in text
    assert "\nkubernetes.cluster-id: forged" not in text


def test_resource_with_an_error_is_told_and_the_others_are_printed() -> None:
    wrong = application(job={"parallelism": "many"})
    result = run("-f", "-", stdin=manifest(wrong, session()))
    assert result.exit_code == 1
    assert result.stdout.startswith("# shop/orders")
    assert "FlinkDeployment/orders: error: spec.job.parallelism: " in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_amount_that_cannot_be_read_is_told_in_a_line() -> None:
    result = run("-f", "-", stdin=manifest(application(jobManager={"resource": {"memory": "much"}})))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "FlinkDeployment/orders: error: " in result.stderr
    assert "much" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("stdin", "why"),
    [
        ("a: [", "is not YAML"),
        ("", "holds no document"),
        ("kind: Pod\napiVersion: v1\n", "no FlinkDeployment in stdin"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_input_that_cannot_be_used_is_told_in_a_line(stdin: str | bytes, why: str) -> None:
    result = run("-f", "-", stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_configuration_that_cannot_be_used_is_told_in_a_line(tmp_path: Path) -> None:
    result = run("-f", "-", "--configuration", str(tmp_path), stdin=manifest(application()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: {tmp_path}/config.yaml: does not exist\n"


def test_overrides_need_something_to_lie_over(tmp_path: Path) -> None:
    result = run("-f", "-", "--overrides", folder(tmp_path, "over"), stdin=manifest(application()))
    assert (result.exit_code, result.stderr[:25]) == (2, "error: --overrides needs ")


def test_call_without_files_is_refused() -> None:
    assert run().exit_code == 2
