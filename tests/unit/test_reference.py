"""The reference pages: every field once, every rule, links that lead somewhere, in step with the model."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.markdown import anchor, braced, prose, table
from cli.reference import reference_documents
from shared.model import KINDS
from shared.schema import custom_resource_definition
from tests.generated import out_of_step

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = reference_documents()

Node = Mapping[str, Any]

kinds = pytest.mark.parametrize("kind", sorted(KINDS))


def page(kind: str) -> str:
    return DOCUMENTS[f"{kind.lower()}.md"]


def version(kind: str) -> Node:
    one: Node = custom_resource_definition(KINDS[kind])["spec"]["versions"][0]
    return one


def schema(kind: str) -> Node:
    root: Node = version(kind)["schema"]["openAPIV3Schema"]
    return root


def fields(path: str, node: Node) -> dict[str, Node]:
    """What a page has to tell about a node, by name; what is in a Pod or another page is told there."""
    properties: dict[str, Node] = node.get("properties", {})
    is_pod = "containers" in properties.get("spec", {}).get("properties", {})
    return {} if is_pod or path == "spec.template.spec" else properties


def nodes(path: str, node: Node) -> Iterator[tuple[str, Node]]:
    yield path, node
    for name, child in fields(path, node).items():
        yield from nodes(f"{path}.{name}", child)
    for inner, step in (("items", "[]"), ("additionalProperties", ".*")):
        if inner in node:
            yield from nodes(f"{path}{step}", node[inner])


def all_nodes(kind: str) -> Iterator[tuple[str, Node]]:
    for part in ("spec", "status"):
        yield from nodes(part, schema(kind)["properties"][part])


def sections(text: str) -> dict[str, str]:
    """Text below each heading."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """Cells of a table's rows, its header first."""
    return [
        [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]


def row(kind: str, section: str, field: str) -> dict[str, str]:
    header, *others = rows(sections(page(kind))[section])
    return next(dict(zip(header, cells, strict=True)) for cells in others if cells[0] == f"`{field}`")


def places(heading: str, text: str) -> list[str]:
    """Paths of the objects that a section is about."""
    shared = re.search(r"The same fields are in (.+)\.$", text, re.MULTILINE)
    return [heading, *(re.findall(r"`(.+?)`", shared[1]) if shared else [])]


def expanded(path: str) -> list[str]:
    """`a.{b,c}` as `a.b` and `a.c`."""
    steps = [step.strip("{}").split(",") for step in re.split(r"\.(?![^{]*})", path)]
    return [".".join(one) for one in itertools.product(*steps)]


@kinds
def test_every_field_is_listed_exactly_once(kind: str) -> None:
    listed = [
        f"{place}.{cells[0].strip('`')}"
        for heading, text in sections(page(kind)).items()
        if re.match(r"(spec|status)\b", heading)
        for place in places(heading, text)
        for cells in rows(text)[1:]
    ]
    wanted = [f"{path}.{name}" for path, node in all_nodes(kind) for name in fields(path, node)]
    assert Counter(listed) == Counter(wanted)


@kinds
def test_fields_are_in_the_order_of_the_model(kind: str) -> None:
    listed = [cells[0].strip("`") for cells in rows(sections(page(kind))["spec"])[1:]]
    assert listed == list(schema(kind)["properties"]["spec"]["properties"])


@kinds
def test_every_description_is_told(kind: str) -> None:
    told = " ".join(cells[-1] for text in sections(page(kind)).values() for cells in rows(text))
    wanted = [child["description"] for path, node in all_nodes(kind) for child in fields(path, node).values()]
    assert [text for text in wanted if prose(text) not in told] == []


_PREFIX = {"FieldValueRequired": "is required: "}


@kinds
def test_every_rule_is_listed_with_its_code_and_path(kind: str) -> None:
    listed = {
        (code, path, message)
        for heading, text in sections(page(kind)).items()
        if heading.startswith("Rules")
        for code, where, message in rows(text)[1:]
        for braces in re.findall(r"`(.+?)`", where) or [""]
        for path in expanded(braces)
    }
    wanted = {
        (
            validation["message"][-6:-1],
            f"{path}{validation.get('fieldPath', '')}".lstrip("."),
            prose(_PREFIX.get(validation.get("reason"), "") + validation["message"][:-8]),
        )
        for path, node in [("", schema(kind)), *all_nodes(kind)]
        for validation in node.get("x-kubernetes-validations", ())
        if path != "spec.template.spec"
    }
    assert listed == wanted


@kinds
def test_no_rule_is_listed_twice(kind: str) -> None:
    listed = [
        tuple(cells) for text in sections(page(kind)).values() for cells in rows(text) if len(cells) == 3
    ]
    assert [one for one, count in Counter(listed).items() if count > 1 and one[0].startswith("FK")] == []


@kinds
def test_every_column_is_listed_and_the_wide_ones_say_so(kind: str) -> None:
    listed = rows(sections(page(kind))["Columns and selectors"])[1:]
    assert listed == [
        [column["name"], f"`{column['jsonPath'][1:]}`", "`-o wide`" if column.get("priority") else ""]
        for column in version(kind)["additionalPrinterColumns"]
    ]


@kinds
def test_every_selectable_field_is_named(kind: str) -> None:
    sentence = sections(page(kind))["Columns and selectors"].split("It takes")[1]
    assert re.findall(r"`(.+?)`", sentence) == [
        field["jsonPath"][1:] for field in version(kind)["selectableFields"]
    ]


@pytest.mark.parametrize(
    ("section", "field", "type_"),
    [
        ("spec", "job", "[object](#specjob)"),
        ("spec", "mode", "`native` or `standalone`"),
        ("spec", "image", "text"),
        ("spec", "restartNonce", "whole number"),
        ("spec", "flinkConfiguration", "free-form mapping"),
        ("spec", "logConfiguration", "mapping of text, at most 64 entries"),
        ("spec.job", "args", "list of text"),
        ("spec.job", "parallelism", "whole number, at least 0"),
        ("spec.job", "initialSavepointPath", "text, at most 4096 characters"),
        ("spec.job", "allowNonRestoredState", "true or false"),
        ("spec.ingress", "tls", "list of [objects](#specingresstls)"),
        ("spec.jobManager.resource", "cpu", "number"),
        ("spec.jobManager.resource", "memory", "quantity"),
        ("spec.jobManager.resources", "limits", "mapping of quantities, at most 64 entries"),
        ("spec.taskManager", "resource", "[object](#specjobmanagerresource)"),
        ("status.conditions[]", "type", "text, required"),
    ],
)
def test_type_tells_what_can_be_written(section: str, field: str, type_: str) -> None:
    assert row("FlinkDeployment", section, field)["type"] == type_


@pytest.mark.parametrize(
    ("kind", "section", "field", "default"),
    [
        ("FlinkDeployment", "spec.job", "state", "`running`"),
        ("FlinkDeployment", "spec.job", "entryClass", ""),
        ("FlinkDeployment", "spec.jobManager", "replicas", "`1`"),
        ("FlinkStateSnapshot", "spec.savepoint", "disposeOnDelete", "`true`"),
        ("FlinkStateSnapshot", "spec", "backoffLimit", "`-1`"),
    ],
)
def test_default_is_what_the_api_server_writes(kind: str, section: str, field: str, default: str) -> None:
    assert row(kind, section, field)["default"] == default


def test_pod_template_is_one_line_with_the_version_of_its_types() -> None:
    assert re.fullmatch(
        r"\[Pod template\]\(\S+/pod-v1/\) \(Kubernetes 1\.\d+\)",
        row("FlinkDeployment", "spec", "podTemplate")["type"],
    )
    assert "initContainers" not in page("FlinkDeployment")


def test_blue_green_page_refers_to_the_spec_of_a_deployment() -> None:
    cells = row("FlinkBlueGreenDeployment", "spec.template", "spec")
    assert cells["type"] == "[spec of a FlinkDeployment](flinkdeployment.md#spec)"
    assert "flinkVersion" not in sections(page("FlinkBlueGreenDeployment"))["spec"]


def test_index_lists_every_kind() -> None:
    assert re.findall(r"^\| \[(\w+)\]\((\S+)\)", DOCUMENTS["README.md"], re.MULTILINE) == [
        *((kind, f"{kind.lower()}.md") for kind in KINDS)
    ]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_links_resolve(name: str) -> None:
    links = re.findall(r"\]\((?!https:)(.*?)\)", DOCUMENTS[name])
    broken = [link for link in links if not resolves(link, name)]
    assert (broken, bool(links)) == ([], True)


def resolves(link: str, page_name: str) -> bool:
    target, _, fragment = link.partition("#")
    target = target or page_name
    file = DOCS / "reference" / target
    text = DOCUMENTS[target] if target in DOCUMENTS else file.read_text("utf-8")
    return not fragment or fragments(text).count(fragment) == 1


def fragments(text: str) -> list[str]:
    """What the headings of a page are called in links: lower case, no punctuation, hyphens for spaces."""
    return [
        "".join(letter for letter in heading.lower() if letter.isalnum() or letter in "-_ ").replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project in which all that is generated is in step."""
    runner = CliRunner()
    for command, folder in (("crd", "charts/flink-operator/crds"), ("reference", "docs/reference")):
        runner.invoke(app, [command, "--output", str(tmp_path / folder)], catch_exceptions=False)
    return tmp_path


def test_generated_files_are_in_step(checkout: Path) -> None:
    assert out_of_step(checkout) == []


@pytest.mark.parametrize(
    ("file", "verb"),
    [
        ("docs/reference/flinkdeployment.md", "reference"),
        ("docs/reference/README.md", "reference"),
        ("charts/flink-operator/crds/flinkdeployments.flink.apache.org.yaml", "crds"),
    ],
)
@pytest.mark.parametrize("drift", ["edited", "missing"])
def test_drift_names_the_file_and_what_to_run(checkout: Path, file: str, verb: str, drift: str) -> None:
    if drift == "edited":
        (checkout / file).write_text("edited by hand", "utf-8")
    else:
        (checkout / file).unlink()
    (line,) = out_of_step(checkout)
    assert file in line
    assert f"`make {verb}`" in line


def test_page_that_nothing_generates_is_drift(checkout: Path) -> None:
    (checkout / "docs" / "reference" / "flinkpipeline.md").write_text("left over", "utf-8")
    (line,) = out_of_step(checkout)
    assert "docs/reference/flinkpipeline.md" in line


def test_table_escapes_pipes_and_leaves_empty_columns_out() -> None:
    assert table(["name", "never", ""], [["a|b", "", "c"], ["d", "", ""]]) == (
        "| name | |\n|---|---|\n| a\\|b | c |\n| d | |"
    )


def test_prose_escapes_markup_but_not_in_code() -> None:
    assert prose("host <name> or *, as in `a<b*`") == r"host \<name> or \*, as in `a<b*`"


def test_anchor_is_the_heading_without_punctuation() -> None:
    assert anchor("Rules of `spec.job_x[]`") == "rules-of-specjob_x"


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (["spec.mode"], ["spec.mode"]),
        (["a.x", "a.y"], ["a.{x,y}"]),
        (["a.x.c", "b.x.c", "a.y.c", "b.y.c"], ["{a,b}.{x,y}.c"]),
        (["a.x", "b.y"], ["a.x", "b.y"]),
        (["a", "a.x"], ["a", "a.x"]),
    ],
)
def test_braces_stand_for_paths_that_differ_in_one_step(paths: list[str], shown: list[str]) -> None:
    assert braced(paths) == shown
