"""What a new CRD may not do to the objects and clients of the released one."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model import KINDS
from shared.schema import custom_resource_definition
from tests.crd_compatibility import incompatibilities, main, notes

Json = dict[str, Any]

kinds = pytest.mark.parametrize("kind", sorted(KINDS))

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer", "format": "int32"}
QUANTITY: Json = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
FREE: Json = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
MAPPING: Json = {"type": "object", "additionalProperties": TEXT}
LIST: Json = {"type": "array", "items": TEXT}


def fields(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def crd(field: Json | None = None, *, root: Json | None = None, **version: Any) -> Json:
    """A CRD with the field `spec.field`; more of its schema's root and of its version can be given."""
    schema = fields(spec=fields(**({} if field is None else {"field": field})))
    return {
        "metadata": {"name": "things.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "shortNames": ["th"], "categories": ["all"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema | (root or {})},
                }
                | version
            ],
        },
    }


def rule(text: str, **more: Any) -> Json:
    return {"x-kubernetes-validations": [{"rule": text, "message": "no", **more}]}


NARROWED = [
    (TEXT, None, ": is dropped"),
    (fields(a=TEXT), fields(), ".a: is dropped"),
    (fields(a=TEXT), MAPPING | {"additionalProperties": NUMBER}, ".a: takes string no more"),
    (MAPPING, fields(a=TEXT), ".*: is dropped"),
    (MAPPING, MAPPING | {"additionalProperties": NUMBER}, ".*: takes string no more"),
    (MAPPING, fields(a=NUMBER) | {"x-kubernetes-preserve-unknown-fields": True}, ".a: takes string no more"),
    (LIST, LIST | {"items": NUMBER}, "[]: takes string no more"),
    (LIST | {"items": fields(a=TEXT)}, LIST | {"items": fields()}, "[].a: is dropped"),
    (TEXT, NUMBER, ": takes string no more"),
    ({"type": "number"}, NUMBER, ": takes number no more"),
    (QUANTITY, TEXT, ": takes integer no more"),
    (QUANTITY, NUMBER, ": takes string no more"),
    (
        {"x-kubernetes-preserve-unknown-fields": True},
        FREE,
        ": takes array, boolean, integer, number, string no more",
    ),
    (TEXT | {"nullable": True}, TEXT, ": takes null no more"),
    (NUMBER | {"format": "int64"}, NUMBER, ": format int32 instead of int64"),
    ({"type": "integer"}, NUMBER, ": format int32 instead of any"),
    (TEXT, TEXT | {"format": "date-time"}, ": format date-time instead of any"),
    (TEXT | {"enum": ["a", "b"]}, TEXT | {"enum": ["b", "c"]}, ": enum without a"),
    (TEXT, TEXT | {"enum": ["a"]}, ": enum is new"),
    (NUMBER, NUMBER | {"minimum": 0}, ": minimum 0 instead of none"),
    (NUMBER | {"minimum": 0}, NUMBER | {"minimum": 1}, ": minimum 1 instead of 0"),
    (NUMBER, NUMBER | {"maximum": 9}, ": maximum 9 instead of none"),
    (NUMBER | {"maximum": 9}, NUMBER | {"maximum": 8}, ": maximum 8 instead of 9"),
    ({"type": "number"}, {"type": "number", "minimum": 0}, ": minimum 0 instead of none"),
    ({"type": "number"}, {"type": "number", "minimum": -1e30}, ": minimum -1e+30 instead of none"),
    (TEXT, TEXT | {"minLength": 1}, ": minLength 1 instead of none"),
    (TEXT, TEXT | {"maxLength": 9}, ": maxLength 9 instead of none"),
    (QUANTITY, QUANTITY | {"maxLength": 9}, ": maxLength 9 instead of none"),
    (LIST | {"maxItems": 3}, LIST | {"maxItems": 2}, ": maxItems 2 instead of 3"),
    (MAPPING, MAPPING | {"maxProperties": 9}, ": maxProperties 9 instead of none"),
    (TEXT, TEXT | {"pattern": "^a"}, ": pattern is new"),
    (TEXT | {"pattern": "^a"}, TEXT | {"pattern": "^b"}, ": pattern is another"),
    (TEXT, TEXT | {"not": {"enum": ["a"]}}, ": not is new"),
    (fields(a=TEXT), fields(a=TEXT) | {"required": ["a"]}, ".a: is required"),
    (FREE, {"type": "object"}, ": keeps unknown fields no more"),
    (FREE, MAPPING, ": keeps unknown fields no more"),
    (FREE, FREE | fields(b=TEXT, a=TEXT), ": was free-form, and has types for a, b"),
    (TEXT | {"default": "a"}, TEXT | {"default": "b"}, ": default b instead of a"),
    (TEXT | {"default": "a"}, TEXT, ": default none instead of a"),
    (LIST, LIST | {"x-kubernetes-list-type": "set"}, ": list-type set instead of list-type atomic"),
    (
        LIST | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]},
        LIST | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]},
        ": list-type map by b instead of list-type map by a",
    ),
    (
        MAPPING,
        MAPPING | {"x-kubernetes-map-type": "atomic"},
        ": map-type atomic instead of map-type granular",
    ),
    (FREE, FREE | {"x-kubernetes-embedded-resource": True}, ": x-kubernetes-embedded-resource is new"),
    (
        TEXT,
        TEXT | rule("self == oldSelf"),
        ": rule is new, and evaluated though nothing changes: no",
    ),
]


@pytest.mark.parametrize(("released", "new", "told"), NARROWED)
def test_narrowing_is_reported_with_its_path(released: Json, new: Json | None, told: str) -> None:
    assert incompatibilities(crd(released), crd(new)) == [f"v1 spec.field{told}"]


WIDENED = [
    (None, TEXT),
    (None, fields(a=TEXT) | {"required": ["a"]}),
    (TEXT, QUANTITY),
    (NUMBER, QUANTITY),
    (NUMBER, {"type": "number", "format": "double"}),
    (NUMBER, NUMBER | {"format": "int64"}),
    (NUMBER, {"type": "integer"}),
    (TEXT, {"x-kubernetes-preserve-unknown-fields": True}),
    (TEXT, TEXT | {"nullable": True}),
    (TEXT | {"format": "date-time"}, TEXT),
    (TEXT | {"enum": ["a"]}, TEXT | {"enum": ["b", "a"]}),
    (TEXT | {"enum": ["a"]}, TEXT),
    (NUMBER | {"minimum": 1}, NUMBER | {"minimum": 0}),
    (NUMBER, NUMBER | {"minimum": -(2**31), "maximum": 2**31 - 1}),
    (NUMBER | {"maximum": 8}, NUMBER),
    (TEXT | {"maxLength": 8}, TEXT | {"maxLength": 9}),
    (TEXT | {"pattern": "^a"}, TEXT),
    (fields(a=TEXT) | {"required": ["a"]}, fields(a=TEXT)),
    (fields(a=TEXT), fields(a=TEXT | {"default": "a"}) | {"required": ["a"]}),
    (fields(a=TEXT), FREE),
    (fields(a=TEXT), MAPPING),
    (MAPPING, FREE),
    (MAPPING, MAPPING | {"additionalProperties": True}),
    (FREE, {"type": "object", "additionalProperties": True}),
    (fields(a=TEXT) | FREE, fields(b=TEXT) | FREE),
    (LIST, LIST | {"x-kubernetes-list-type": "atomic"}),
    (TEXT | {"description": "a"}, TEXT | {"description": "b"}),
    (TEXT | rule("self != ''"), TEXT),
    (TEXT | rule("self != ''"), TEXT | rule("self != ''", fieldPath=".a")),
    (TEXT, TEXT | rule("self != ''")),
    (TEXT, TEXT | rule("oldSelf.hasValue()", optionalOldSelf=True)),
]


@pytest.mark.parametrize(("released", "new"), WIDENED)
def test_widening_is_not_reported(released: Json | None, new: Json) -> None:
    assert incompatibilities(crd(released), crd(new)) == []


NOTED = [
    (TEXT, TEXT | rule("self != ''"), ": rule is new, and evaluated when its node changes: no"),
    (
        TEXT | rule("self != ''"),
        TEXT | rule("self != 'a'"),
        ": rule is new, and evaluated when its node changes: no",
    ),
    (
        TEXT,
        TEXT | rule("oldSelf.hasValue()", optionalOldSelf=True),
        ": rule is new, and says itself what it tolerates: no",
    ),
    (TEXT, TEXT | {"default": "a"}, ": default a is new, and read in stored objects too"),
    (
        fields(a=TEXT) | FREE,
        fields(a=TEXT, b=TEXT) | FREE,
        ".b: has a type, and was kept as an unknown field",
    ),
]


@pytest.mark.parametrize(("released", "new", "told"), NOTED)
def test_what_breaks_nothing_by_itself_is_noted(released: Json, new: Json, told: str) -> None:
    assert notes(crd(released), crd(new)) == [f"v1 spec.field{told}"]
    assert incompatibilities(crd(released), crd(new)) == []


def test_rule_on_the_whole_resource_is_reported_because_every_status_write_evaluates_it() -> None:
    root = rule("has(self.spec)")
    assert incompatibilities(crd(), crd(root=root)) == [
        "v1: rule is new, and evaluated with every write of the status: no"
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"group": "example.com"}, "group: example.com instead of example.org"),
        ({"scope": "Cluster"}, "scope: Cluster instead of Namespaced"),
        ({"versions": []}, "v1: the version is not served any more"),
    ],
)
def test_change_of_identity_is_reported(change: Json, told: str) -> None:
    new = crd()
    new["spec"] |= change
    assert incompatibilities(crd(), new) == [told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"kind": "Thong", "listKind": "ThingList", "singular": "thing"},
            "names.kind: Thong instead of Thing",
        ),
        ({"plural": "thingies"}, "names.plural: thingies instead of things"),
        ({"singular": "one"}, "names.singular: one instead of thing"),
        ({"listKind": "Things"}, "names.listKind: Things instead of ThingList"),
        ({"shortNames": ["t"]}, "names.shortNames: th is gone"),
        ({"categories": []}, "names.categories: all is gone"),
    ],
)
def test_name_that_goes_is_reported(change: Json, told: str) -> None:
    new = crd()
    new["spec"]["names"] |= change
    assert incompatibilities(crd(), new) == [told]


def test_names_that_the_api_server_derives_may_be_spelled_out() -> None:
    new = crd()
    new["spec"]["names"] |= {"listKind": "ThingList", "singular": "thing", "shortNames": ["th", "t"]}
    assert incompatibilities(crd(), new) == []


def test_version_that_is_not_served_any_more_is_reported() -> None:
    assert incompatibilities(crd(), crd(served=False)) == ["v1: the version is not served any more"]


def test_version_that_the_release_did_not_serve_may_go() -> None:
    released = crd()
    released["spec"]["versions"].append({**released["spec"]["versions"][0], "name": "v0", "served": False})
    assert incompatibilities(released, crd()) == []


def test_version_beside_the_released_one_is_not_reported() -> None:
    new = crd(TEXT)
    new["spec"]["versions"].append({**crd()["spec"]["versions"][0], "name": "v2", "storage": False})
    assert incompatibilities(crd(TEXT), new) == []


SCALE = {"specReplicasPath": ".spec.a", "statusReplicasPath": ".status.a"}


@pytest.mark.parametrize(
    ("released", "new", "told"),
    [
        ({"status": {}}, {}, "subresources.status: is gone"),
        ({}, {"status": {}}, "subresources.status: is new: other writes ignore it"),
        ({"scale": SCALE}, {}, "subresources.scale: is gone"),
        ({"scale": SCALE}, {"scale": SCALE | {"specReplicasPath": ".b"}}, "subresources.scale: is another"),
    ],
)
def test_change_of_a_subresource_is_reported(released: Json, new: Json, told: str) -> None:
    assert incompatibilities(crd(subresources=released), crd(subresources=new)) == [f"v1 {told}"]


def test_selectable_field_that_goes_is_reported() -> None:
    released = crd(selectableFields=[{"jsonPath": ".spec.a"}, {"jsonPath": ".spec.b"}])
    new = crd(selectableFields=[{"jsonPath": ".spec.b"}])
    assert incompatibilities(released, new) == ["v1 selectableFields: .spec.a is gone"]


def test_column_that_goes_is_noted() -> None:
    released = crd(additionalPrinterColumns=[{"name": "Age", "jsonPath": ".a", "type": "date"}])
    assert incompatibilities(released, crd()) == []
    assert notes(released, crd()) == ["v1 additionalPrinterColumns: Age is gone or another"]


def in_other_words(node: Json) -> Json:
    """The same schema with another description everywhere."""
    result = node | {"description": "in other words"}
    if "properties" in node:
        result["properties"] = {name: in_other_words(child) for name, child in node["properties"].items()}
    return result | {
        inner: in_other_words(node[inner]) for inner in ("items", "additionalProperties") if inner in node
    }


@kinds
def test_crd_is_compatible_with_itself(kind: str) -> None:
    definition = custom_resource_definition(KINDS[kind])
    reworded = copy.deepcopy(definition)
    schema = reworded["spec"]["versions"][0]["schema"]
    schema["openAPIV3Schema"] = in_other_words(schema["openAPIV3Schema"])
    assert incompatibilities(definition, reworded) == []
    assert notes(definition, reworded) == []


def removals(path: str, node: Json) -> Iterator[tuple[str, Json, str]]:
    """Path, parent's properties and name of each field that is lost when the schema does not have it."""
    if not node.get("x-kubernetes-preserve-unknown-fields"):
        for name in node.get("properties", {}):
            yield f"{path}.{name}", node["properties"], name
    for name, child in node.get("properties", {}).items():
        yield from removals(f"{path}.{name}", child)
    for inner, step in (("items", "[]"), ("additionalProperties", ".*")):
        if inner in node:
            yield from removals(f"{path}{step}", node[inner])


@kinds
def test_crd_without_any_single_field_is_not_compatible(kind: str) -> None:
    definition = custom_resource_definition(KINDS[kind])
    smaller = copy.deepcopy(definition)
    found = list(removals("", smaller["spec"]["versions"][0]["schema"]["openAPIV3Schema"]))
    assert len(found) > 20
    for path, properties, name in found:
        field = properties.pop(name)
        assert f"v1beta1 {path[1:]}: is dropped" in incompatibilities(definition, smaller)
        properties[name] = field


scalars = st.sampled_from([TEXT, NUMBER, QUANTITY, FREE, TEXT | {"enum": ["a"]}, NUMBER | {"minimum": 1}])
schemas = st.recursive(
    scalars,
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner).map(lambda properties: fields(**properties))
        | inner.map(lambda node: {"type": "object", "additionalProperties": node})
        | inner.map(lambda node: {"type": "array", "items": node})
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(schemas)
def test_any_schema_is_compatible_with_itself_and_with_one_that_takes_anything(schema: Json) -> None:
    anything = {"x-kubernetes-preserve-unknown-fields": True}
    assert incompatibilities(crd(schema), crd(in_other_words(schema))) == []
    assert incompatibilities(crd(schema), crd(anything)) == []


@settings(max_examples=100, deadline=None)
@given(schemas, schemas)
def test_what_goes_both_ways_without_a_report_is_the_same(one: Json, other: Json) -> None:
    both = incompatibilities(crd(one), crd(other)) + incompatibilities(crd(other), crd(one))
    assert bool(both) == (one != other)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Present CRDs (one of them), and where those of the release would be."""
    present, released = tmp_path / "crds", tmp_path / "released"
    present.mkdir()
    write(present, crd(TEXT))
    return present, released


def write(folder: Path, definition: Json) -> None:
    (folder / "things.yaml").write_text(yaml.safe_dump(definition), "utf-8")


def check(folders: tuple[Path, Path], *arguments: str) -> int:
    present, released = folders
    return main(list(arguments), present=present, released=released)


def test_without_a_release_the_check_passes_and_says_so(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folders) == 0
    assert "no release to compare with" in capsys.readouterr().out


def test_release_makes_the_present_crds_the_baseline(folders: tuple[Path, Path]) -> None:
    assert check(folders, "--release") == 0
    present, released = folders
    assert {file.name: file.read_text("utf-8") for file in released.iterdir()} == {
        "things.yaml": (present / "things.yaml").read_text("utf-8")
    }


def test_incompatible_change_fails_with_a_line_each(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    check(folders, "--release")
    write(folders[0], crd(NUMBER, served=True, selectableFields=[]))
    capsys.readouterr()
    assert check(folders) == 1
    assert capsys.readouterr().out == "incompatible: things v1 spec.field: takes string no more\n"


def test_compatible_change_passes_and_tells_its_notes(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    check(folders, "--release")
    write(folders[0], crd(TEXT | {"default": "a"}))
    capsys.readouterr()
    assert check(folders) == 0
    assert capsys.readouterr().out.startswith("note: things v1 spec.field: default a is new")


def test_kind_that_goes_fails(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    check(folders, "--release")
    (folders[0] / "things.yaml").unlink()
    assert check(folders) == 1
    assert "things kind: is dropped" in capsys.readouterr().out


def test_release_of_an_incompatible_crd_leaves_the_baseline(folders: tuple[Path, Path]) -> None:
    check(folders, "--release")
    before = (folders[1] / "things.yaml").read_text("utf-8")
    write(folders[0], crd(NUMBER))
    assert check(folders, "--release") == 1
    assert (folders[1] / "things.yaml").read_text("utf-8") == before


def test_release_forgets_what_it_does_not_hold(folders: tuple[Path, Path]) -> None:
    present, released = folders
    check(folders, "--release")
    (present / "others.yaml").write_text((present / "things.yaml").read_text("utf-8"), "utf-8")
    (released / "README").write_text("left over", "utf-8")
    check(folders, "--release")
    assert sorted(file.name for file in released.iterdir()) == ["others.yaml", "things.yaml"]
