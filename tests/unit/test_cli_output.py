"""Reports as text, as workflow commands and as SARIF."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.documents import Document, Reading, Report
from cli.main import app
from cli.output import as_github, as_json, repository_path, summary
from cli.output_sarif import as_sarif
from cli.output_text import print_reports
from cli.yaml_lines import Lines
from shared.rules import Finding, Severity
from shared.rules.codes import CODES

ROOT = Path("/repository")
FINDING = Finding("FK108", "spec.job.parallelism", "must be at least 1, not 0", "Set it.")
WARNING = Finding("FK501", "spec.flinkVersion", "is deprecated", "", Severity.WARNING)


def report(finding: Finding = FINDING, file: str = "/repository/jobs/a.yaml", line: int = 7) -> Report:
    return Report(file, 1, line, "FlinkDeployment", "orders", finding)


def whole_file(file: str = "/repository/a.yaml") -> Report:
    return Report(file, 1, 0, "", "", Finding("FK006", "", "cannot be read"))


def printed(capsys: pytest.CaptureFixture[str], *reports: Report) -> str:
    print_reports(reports)
    return capsys.readouterr().out


def test_text_is_a_line_that_begins_with_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, report(file="a.yaml"), whole_file("b.yaml")) == (
        "a.yaml:7: FlinkDeployment/orders: error: spec.job.parallelism: must be at least 1, not 0."
        " Set it. [FK108]\n"
        "b.yaml: error: cannot be read. [FK006]\n"
    )


def test_text_is_not_broken_by_its_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert printed(capsys, report(Finding("FK108", "", "word " * 100))).count("\n") == 1


def test_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(
        capsys, report(Finding("FK010", "a\x1b[31m", "b\n\u202ec", "d\r"), file="\udcff[red].yaml")
    )
    assert text.startswith(r"\udcff[red].yaml:7: FlinkDeployment/orders: error: a\x1b[31m: b\n\u202ec. d\r")


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({}, False)],
    ids=["terminal", "no-color", "pipe"],
)
def test_colours_are_for_terminals(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    is_coloured: bool,
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert ("\x1b[" in printed(capsys, report())) == is_coloured


def documents(count: int) -> list[Document]:
    return [Document(f"{number}.yaml", 1, {}, Lines(1)) for number in range(count)]


@pytest.mark.parametrize(
    ("reading", "reports", "line"),
    [
        (Reading(documents=documents(1)), [], "1 resource in 1 file: valid"),
        (Reading(documents=documents(2)), [report()], "2 resources in 2 files: 1 error"),
        (
            Reading(documents=documents(2), others=1),
            [report(), report(), report(WARNING)],
            "2 resources in 2 files: 2 errors, 1 warning; 1 other document skipped",
        ),
        (Reading(others=3), [], "no Flink resource; 3 other documents skipped"),
        (Reading(), [whole_file()], "no Flink resource: 1 error"),
    ],
)
def test_summary(reading: Reading, reports: list[Report], line: str) -> None:
    assert summary(reading, reports) == line


def test_github_gets_a_command_with_the_place_in_the_repository() -> None:
    assert list(as_github([report(), report(WARNING), whole_file()], ROOT)) == [
        "::error file=jobs/a.yaml,line=7,title=FK108 FlinkDeployment/orders"
        "::spec.job.parallelism: must be at least 1, not 0. Set it.",
        "::warning file=jobs/a.yaml,line=7,title=FK501 FlinkDeployment/orders"
        "::spec.flinkVersion: is deprecated.",
        "::error file=a.yaml,title=FK006::cannot be read.",
    ]


def test_github_command_has_no_file_for_standard_input() -> None:
    (line,) = as_github([report(file="stdin")], ROOT)
    assert line.startswith("::error title=FK108")


def test_github_commands_are_escaped() -> None:
    odd = Report(
        "/repository/a:b,c%.yaml", 1, 1, "K", "a\nb", Finding("FK108", "p", "100%\r\n::error::x, y: z")
    )
    (line,) = as_github([odd], ROOT)
    assert line == (
        "::error file=a%3Ab%2Cc%25.yaml,line=1,title=FK108 K/a%0Ab::p: 100%25%0D%0A::error::x, y: z."
    )


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("/repository/a/b.yaml", "a/b.yaml"),
        ("/elsewhere/b.yaml", "/elsewhere/b.yaml"),
        ("/repository/a/../b.yaml", "b.yaml"),
    ],
)
def test_path_in_the_repository(file: str, path: str) -> None:
    assert repository_path(file, ROOT) == path


def test_path_in_the_repository_is_that_of_the_call_when_both_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert repository_path("./a/b.yaml", tmp_path) == "a/b.yaml"


def sarif(*reports: Report) -> dict[str, Any]:
    log = json.loads(as_sarif(reports, ROOT))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_lists_the_rules_that_results_refer_to() -> None:
    run = sarif(report(WARNING), report(), report())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["FK108", "FK501"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == ["FK501", "FK108", "FK108"]
    assert [one["ruleId"] for one in run["results"]] == ["FK501", "FK108", "FK108"]
    assert rules[0]["shortDescription"] == {"text": CODES["FK108"].title}
    assert rules[0]["help"] == {"text": CODES["FK108"].hint}


def test_sarif_result_has_level_message_and_place() -> None:
    (result,) = sarif(report())["results"]
    assert result["level"] == "error"
    assert result["message"] == {"text": "spec.job.parallelism: must be at least 1, not 0. Set it."}
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "jobs/a.yaml"},
        "region": {"startLine": 7},
    }
    (logical,) = location["logicalLocations"]
    assert logical["fullyQualifiedName"] == "FlinkDeployment/orders.spec.job.parallelism"


def test_sarif_of_a_whole_file_has_no_region() -> None:
    (result,) = sarif(whole_file("/repository/a b%.yaml"))["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "a%20b%25.yaml"}}}]


def test_sarif_of_nothing_is_a_run_without_results() -> None:
    run = sarif()
    assert (run["results"], run["tool"]["driver"]["name"]) == ([], "flink-operator")


_REQUIRED = {
    "log": {"version", "runs"},
    "run": {"tool"},
    "driver": {"name"},
    "rule": {"id"},
    "result": {"message"},
}
_KNOWN = {
    "log": {"$schema", "version", "runs"},
    "run": {"tool", "columnKind", "results"},
    "driver": {"name", "version", "rules"},
    "rule": {"id", "shortDescription", "fullDescription", "help", "defaultConfiguration"},
    "result": {"ruleId", "ruleIndex", "level", "message", "locations"},
}


def test_sarif_has_what_the_schema_requires_and_nothing_else() -> None:
    log = json.loads(as_sarif([report(), whole_file()], ROOT))
    run = log["runs"][0]
    objects = [("log", log), ("run", run), ("driver", run["tool"]["driver"])]
    objects += [("rule", rule) for rule in run["tool"]["driver"]["rules"]]
    objects += [("result", result) for result in run["results"]]
    for name, found in objects:
        assert _REQUIRED[name] <= found.keys() <= _KNOWN[name], name


@pytest.mark.parametrize("write", [as_json, lambda reports: as_sarif(reports, ROOT)], ids=["json", "sarif"])
def test_documents_for_programs_are_ascii(write: Any) -> None:
    odd = report(Finding("FK108", "\udcff", "…\x1b"), file="/repository/ü\udcff.yaml")
    assert write([odd]).isascii()


@pytest.mark.parametrize("output", ["json", "sarif"])
def test_standard_output_is_one_json_document(output: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [")
    result = CliRunner().invoke(app, ["validate", str(tmp_path), "-o", output])
    assert (result.exit_code, result.stderr) == (2, "")
    assert json.loads(result.stdout)


def test_commands_for_github_end_with_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "a.yaml").write_text("a: [")
    lines = CliRunner().invoke(app, ["validate", str(tmp_path), "-o", "github"]).stdout.splitlines()
    assert re.match(r"::error file=a\.yaml,line=1,title=FK005::is not YAML", lines[0])
    assert lines[1:] == ["no Flink resource: 1 error"]
