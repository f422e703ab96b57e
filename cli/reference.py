"""Reference pages of the four kinds, in Markdown, from the schemas that their CRDs carry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from cli.markdown import anchor, braced, document, listed, prose, table
from shared import API_VERSION
from shared.model import KINDS
from shared.model.kinds import Kind
from shared.model.pod_template import pod_template_document
from shared.schema import custom_resource_definition
from shared.schema.pod_template import pod_template_schema

_Node = Mapping[str, Any]

_NOTICE = "<!-- Generated from the model by `make reference`. -->"
_POD = "[Pod template](https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/)"

_INTEGER_LIMITS = frozenset({-(2**63), -(2**31), 2**31 - 1, 2**63 - 1})
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "pattern": "matching `{}`",
}
_SCALARS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_PLURALS = {
    "object": "objects",
    "whole number": "whole numbers",
    "number": "numbers",
    "quantity": "quantities",
    "free-form mapping": "free-form mappings",
}


def reference_documents() -> dict[str, str]:
    """Markdown by file name: the index, and a page a kind."""
    return {"README.md": _index()} | {_file_name(kind): reference_page(kind) for kind in KINDS.values()}


def reference_page(kind: Kind) -> str:
    """What can be written in a resource of the kind, and what its status says."""
    definition = custom_resource_definition(kind)["spec"]
    version = definition["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    rules = list(_rules("", schema))
    blocks = [
        f"# {kind.name}",
        _NOTICE,
        prose(schema["description"]),
        _names(definition["names"], version["subresources"]),
        "## Columns and selectors",
        _columns(version["additionalPrinterColumns"]),
        _selectors(kind, version["selectableFields"]),
    ]
    for part in ("spec", "status"):
        sections = _sections(part, schema["properties"][part])
        anchors = {path: anchor(section.paths[0]) for section in sections for path in section.paths}
        for section in sections:
            blocks += _section_blocks(section, anchors)
        blocks += _rule_blocks(part, [rule for rule in rules if rule.part == part])
    return document(blocks)


def _index() -> str:
    kinds = [
        [f"[{kind.name}]({_file_name(kind)})", f"`{kind.short_name}`", prose(_schema(kind)["description"])]
        for kind in KINDS.values()
    ]
    types = [
        ["text", "a string"],
        ["quantity", "a whole number, or a string with a unit: `2`, `500m`, `2Gi`"],
        ["object", "the fields of the section that it links to"],
        ["mapping of …", "names of your choice, each with such a value"],
        ["free-form mapping", "anything, as deep as you like; it is kept as you wrote it"],
        [
            _POD,
            f"`metadata` and `spec` of a Pod, with the types of Kubernetes {_kubernetes_version()};"
            " fields that only a newer one knows are kept as you wrote them",
        ],
    ]
    return document(
        [
            "# Reference",
            _NOTICE,
            f"Every field of the resources in `{API_VERSION}`."
            " On a cluster, `kubectl explain flinkdeployment.spec.job` says the same.",
            table(["kind", "short name", ""], kinds),
            "[Lifecycle](lifecycle.md) tells what is decided when, and [Status](../status.md) what is seen of"
            " it. [Options](options.md) lists the options of the operator and the autoscaler."
            " [Rules](rules.md) lists the codes of all findings.",
            "## How types are written",
            table(["type", "what it takes"], types),
            "The API server writes defaults into the resource. A field without a default may be left out,"
            " unless it is marked as required, or a rule of its page asks for it.",
        ]
    )


@cache
def _schema(kind: Kind) -> _Node:
    schema: _Node = custom_resource_definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _file_name(kind: Kind) -> str:
    return f"{kind.singular}.md"


def _kubernetes_version() -> str:
    """Where the types of Pod templates are from, as in `1.35`."""
    version: str = pod_template_document()["kubernetes"]
    return version.removeprefix("v").rpartition(".")[0]


def _names(names: _Node, subresources: _Node) -> str:
    own, common = listed([names["plural"], *names["shortNames"]]), listed(names["categories"])
    rows = [
        ["apiVersion", f"`{API_VERSION}`"],
        ["kind", f"`{names['kind']}`, in a namespace"],
        ["kubectl get", f"{own}; {common} for all kinds"],
    ]
    if "scale" in subresources:
        rows.append(["kubectl scale", f"sets `{subresources['scale']['specReplicasPath'].lstrip('.')}`"])
    return table(["", ""], rows)


def _columns(columns: Sequence[_Node]) -> str:
    rows = [
        [column["name"], f"`{column['jsonPath'].lstrip('.')}`", "`-o wide`" if column.get("priority") else ""]
        for column in columns
    ]
    return table(["column of kubectl get", "shows", "only with"], rows)


def _selectors(kind: Kind, fields: Sequence[_Node]) -> str:
    paths = [field["jsonPath"].lstrip(".") for field in fields]
    return (
        f"`kubectl get {kind.short_name} --field-selector {paths[-1]}=…` selects (Kubernetes 1.31 or newer)."
        f" It takes {listed(paths)}."
    )


@dataclass(frozen=True, slots=True)
class _Section:
    """An object and its places: objects whose fields are the same in every word share a section."""

    node: _Node
    paths: list[str]


def _sections(path: str, node: _Node) -> list[_Section]:
    """The object and those in it, each before what it holds."""
    found: dict[bytes, _Section] = {}

    def visit(path: str, node: _Node) -> None:
        section = found.setdefault(orjson.dumps(_undescribed(node)), _Section(node, []))
        section.paths.append(path)
        for name, child in node["properties"].items():
            suffix, element = _element(child)
            if _has_section(element):
                visit(f"{path}.{name}{suffix}", element)

    visit(path, node)
    return list(found.values())


def _element(node: _Node) -> tuple[str, _Node]:
    """How the path goes on in a list or mapping, and what it holds; any other node as it is."""
    if "items" in node:
        return "[]", node["items"]
    if "additionalProperties" in node:
        return ".*", node["additionalProperties"]
    return "", node


def _has_section(node: _Node) -> bool:
    return bool(node.get("properties")) and not _is_told_elsewhere(node)


def _is_told_elsewhere(node: _Node) -> bool:
    return _is_pod_template(node) or _is_deployment_spec(node)


def _is_pod_template(node: _Node) -> bool:
    return _undescribed(node) == pod_template_schema()


def _is_deployment_spec(node: _Node) -> bool:
    deployment = _schema(KINDS["FlinkDeployment"])
    return _undescribed(node) == _undescribed(deployment["properties"]["spec"])


def _undescribed(node: _Node) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "description"}


def _section_blocks(section: _Section, anchors: Mapping[str, str]) -> list[str]:
    path, *others = section.paths
    about = [prose(section.node.get("description", ""))]
    if others:
        about.append(f"The same fields are in {listed(others)}.")
    required = section.node.get("required", ())
    rows = [
        [
            f"`{name}`",
            _typed(f"{path}.{name}", child, anchors) + (", required" if name in required else ""),
            _default(child),
            prose(child.get("description", "")),
        ]
        for name, child in section.node["properties"].items()
    ]
    return [
        f"{'###' if '.' in path else '##'} {path}",
        " ".join(filter(None, about)),
        table(["field", "type", "default", "description"], rows),
    ]


def _default(node: _Node) -> str:
    if "default" not in node:
        return ""
    value = node["default"]
    return f"`{value if isinstance(value, str) else orjson.dumps(value).decode()}`"


def _typed(path: str, node: _Node, anchors: Mapping[str, str]) -> str:
    """The type, with the bounds that not every such number or quantity has."""
    bounds = {} if _is_quantity(node) else {bound: node[bound] for bound in _BOUNDS if bound in node}
    told = [_BOUNDS[bound].format(limit) for bound, limit in bounds.items() if limit not in _INTEGER_LIMITS]
    return ", ".join([_type(path, node, anchors), *told])


def _type(path: str, node: _Node, anchors: Mapping[str, str]) -> str:
    suffix, element = _element(node)
    word = _word(element)
    if suffix:
        word = _PLURALS.get(word, word)
    if _has_section(element):
        word = f"[{word}](#{anchors[path + suffix]})"
    return {"[]": "list of ", ".*": "mapping of ", "": ""}[suffix] + word


def _word(node: _Node) -> str:
    match node:
        case _ if _is_pod_template(node):
            return f"{_POD} (Kubernetes {_kubernetes_version()})"
        case _ if _is_deployment_spec(node):
            return f"[spec of a FlinkDeployment]({_file_name(KINDS['FlinkDeployment'])}#spec)"
        case _ if _is_quantity(node):
            return "quantity"
        case {"enum": values}:
            return listed(values, " or ")
        case {"type": "object", "x-kubernetes-preserve-unknown-fields": True}:
            return "free-form mapping"
        case {"type": "object"}:
            return "object" if node.get("properties") else "empty object"
        case _:
            return _SCALARS[node["type"]]


def _is_quantity(node: _Node) -> bool:
    return "x-kubernetes-int-or-string" in node


@dataclass(frozen=True, slots=True)
class _Rule:
    """What the API server checks beyond types; an empty path is the whole resource."""

    code: str
    path: str
    message: str

    @property
    def part(self) -> str:
        return "status" if self.path.startswith("status") else "spec"


def _rules(path: str, node: _Node) -> Iterator[_Rule]:
    for validation in node.get("x-kubernetes-validations", ()):
        message, _, code = validation["message"].removesuffix("]").rpartition(" [")
        if validation.get("reason") == "FieldValueRequired":
            message = f"is required: {message}"
        yield _Rule(code, f"{path}{validation.get('fieldPath', '')}".lstrip("."), message)
    children = {f".{name}": child for name, child in node.get("properties", {}).items()}
    suffix, element = _element(node)
    if suffix:
        children[suffix] = element
    for step, child in children.items():
        if path + step == ".spec" or not _is_told_elsewhere(child):
            yield from _rules(path + step, child)


def _rule_blocks(part: str, rules: Sequence[_Rule]) -> list[str]:
    paths: dict[tuple[str, str], list[str]] = {}
    for rule in sorted(rules, key=lambda rule: rule.code):
        paths.setdefault((rule.code, rule.message), []).append(rule.path)
    rows = [
        [code, listed(braced(where)) if where != [""] else "the resource", prose(message)]
        for (code, message), where in paths.items()
    ]
    told = (
        "The API server checks these itself, with or without the webhook. What an update does not touch may"
        " go on breaking them. [Troubleshooting](../troubleshooting.md#codes-of-findings) explains the codes."
    )
    return [f"### Rules of the {part}", told, table(["code", "where", "rule"], rows)] if rows else []
