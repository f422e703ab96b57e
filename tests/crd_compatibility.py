"""Whether the CRDs can take the place of the last release's: `python -m tests.crd_compatibility`.

A change breaks when an object that the released CRD stored would be refused or lose data, or when a client of
the released CRD would find something gone. Notes are for the reader: a rule whose node an update leaves alone
is not evaluated (KEP-4008), and columns are for people.
"""

import argparse
import math
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
CRDS = PROJECT / "charts" / "flink-operator" / "crds"
RELEASED = PROJECT / "tests" / "released" / "crds"

_Node = Mapping[str, Any]

_ANY = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_FORMATS_OF_ALL_NUMBERS = {"int64", "double"}
_LOWER_BOUNDS = ("minimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "maxLength", "maxItems", "maxProperties")
_RESTRICTIONS = ("pattern", "multipleOf", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
_JUNCTORS = ("allOf", "oneOf", "anyOf", "not")


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, where it is, and whether it breaks anything."""

    path: str
    what: str
    breaks: bool = True

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def incompatibilities(released: _Node, new: _Node) -> list[str]:
    """What breaks objects or clients of the released CRD, a line each, beginning with the path."""
    return [str(change) for change in changes(released, new) if change.breaks]


def notes(released: _Node, new: _Node) -> list[str]:
    """What to think about, though it breaks nothing by itself."""
    return [str(change) for change in changes(released, new) if not change.breaks]


def changes(released: _Node, new: _Node) -> Iterator[Change]:
    """All differences between two CRDs of a name, but those that only allow more."""
    yield from _names(released["spec"], new["spec"])
    versions = {version["name"]: version for version in new["spec"]["versions"] if version["served"]}
    for version in released["spec"]["versions"]:
        name = version["name"]
        if not version["served"]:
            continue
        if name not in versions:
            yield Change(name, "the version is not served any more")
            continue
        for change in _version(version, versions[name]):
            yield Change(f"{name} {change.path.lstrip('.')}".strip(), change.what, change.breaks)


def _names(old: _Node, new: _Node) -> Iterator[Change]:
    for key in ("group", "scope"):
        if old[key] != new[key]:
            yield Change(key, f"{new[key]} instead of {old[key]}")
    was, now = _with_implied_names(old["names"]), _with_implied_names(new["names"])
    for key in ("kind", "listKind", "plural", "singular"):
        if was[key] != now[key]:
            yield Change(f"names.{key}", f"{now[key]} instead of {was[key]}")
    for key in ("shortNames", "categories"):
        for name in was.get(key, ()):
            if name not in now.get(key, ()):
                yield Change(f"names.{key}", f"{name} is gone")


def _with_implied_names(names: _Node) -> _Node:
    return {"listKind": f"{names['kind']}List", "singular": names["kind"].lower()} | dict(names)


def _version(old: _Node, new: _Node) -> Iterator[Change]:
    was, now = old.get("subresources", {}), new.get("subresources", {})
    if ("status" in was) != ("status" in now):
        yield Change(
            "subresources.status", "is gone" if "status" in was else "is new: other writes ignore it"
        )
    if "scale" in was and was["scale"] != now.get("scale"):
        yield Change("subresources.scale", "is another" if "scale" in now else "is gone")
    selectable = [field["jsonPath"] for field in new.get("selectableFields", ())]
    for field in old.get("selectableFields", ()):
        if field["jsonPath"] not in selectable:
            yield Change("selectableFields", f"{field['jsonPath']} is gone")
    columns = {column["name"]: column["jsonPath"] for column in new.get("additionalPrinterColumns", ())}
    for column in old.get("additionalPrinterColumns", ()):
        if columns.get(column["name"]) != column["jsonPath"]:
            yield Change("additionalPrinterColumns", f"{column['name']} is gone or another", breaks=False)
    yield from _node("", old["schema"]["openAPIV3Schema"], new["schema"]["openAPIV3Schema"])


def _node(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    if old == new:
        return
    refused = _types(old) - _types(new)
    if refused:
        yield Change(path, f"takes {', '.join(sorted(refused))} no more")
        return
    for check in (_format, _bounds, _restrictions, _enum, _default, _merging, _required, _rules):
        yield from check(path, old, new)
    yield from _unknown_fields(path, old, new)
    yield from _children(path, old, new)


def _types(node: _Node) -> frozenset[str]:
    null = {"null"} if node.get("nullable") else set()
    if node.get("x-kubernetes-int-or-string"):
        return frozenset({"integer", "string"} | null)
    if "type" not in node:
        return _ANY | null
    return frozenset({node["type"]} | null | ({"integer"} if node["type"] == "number" else set()))


def _format(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    was, now = old.get("format"), new.get("format")
    if now not in {None, was} | _FORMATS_OF_ALL_NUMBERS:
        yield Change(path, f"format {now} instead of {was or 'any'}")


def _bounds(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    least, most = _limits_of_format(new)
    for key in _LOWER_BOUNDS:
        implied = least if key == "minimum" else 0
        if new.get(key, implied) > max(old.get(key, implied), implied):
            yield Change(path, f"{key} {new[key]} instead of {old.get(key, 'none')}")
    for key in _UPPER_BOUNDS:
        implied = most if key == "maximum" else math.inf
        if new.get(key, implied) < min(old.get(key, implied), implied):
            yield Change(path, f"{key} {new[key]} instead of {old.get(key, 'none')}")


def _limits_of_format(node: _Node) -> tuple[float, float]:
    """What a number cannot pass whatever its bounds; that a format narrows it is told by itself."""
    if node.get("type") != "integer":
        return -math.inf, math.inf
    bits = 31 if node.get("format") == "int32" else 63
    return -(2**bits), 2**bits - 1


def _restrictions(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    junctors = () if new.get("x-kubernetes-int-or-string") else _JUNCTORS
    for key in (*_RESTRICTIONS, *junctors):
        if new.get(key) and new[key] != old.get(key):
            yield Change(path, f"{key} is {'another' if key in old else 'new'}")


def _enum(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    if "enum" in new and "enum" not in old:
        yield Change(path, "enum is new")
    elif "enum" in new:
        for value in old["enum"]:
            if value not in new["enum"]:
                yield Change(path, f"enum without {value}")


def _default(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    if "default" not in old and "default" in new:
        yield Change(path, f"default {new['default']} is new, and read in stored objects too", breaks=False)
    elif "default" in old and new.get("default") != old["default"]:
        yield Change(path, f"default {new.get('default', 'none')} instead of {old['default']}")


def _merging(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    was, now = _merged(old), _merged(new)
    if was != now and old.get("type") == new.get("type"):
        yield Change(path, f"{now} instead of {was}")
    embedded = "x-kubernetes-embedded-resource"
    if bool(old.get(embedded)) != bool(new.get(embedded)):
        yield Change(path, f"{embedded} {'is new' if new.get(embedded) else 'is gone'}")


def _merged(node: _Node) -> str:
    """How two appliers share a list or an object."""
    if node.get("type") != "array":
        return f"map-type {node.get('x-kubernetes-map-type', 'granular')}"
    keys = node.get("x-kubernetes-list-map-keys", ())
    return " by ".join([f"list-type {node.get('x-kubernetes-list-type', 'atomic')}", *keys])


def _required(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    for name in new.get("required", ()):
        if name not in old.get("required", ()) and "default" not in new.get("properties", {}).get(name, {}):
            yield Change(f"{path}.{name}", "is required")


def _rules(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    known = {rule["rule"] for rule in old.get("x-kubernetes-validations", ())}
    for rule in new.get("x-kubernetes-validations", ()):
        if rule["rule"] in known:
            continue
        told = rule.get("message", rule["rule"])
        if rule.get("optionalOldSelf"):
            yield Change(path, f"rule is new, and says itself what it tolerates: {told}", breaks=False)
        elif "oldSelf" in rule["rule"]:
            yield Change(path, f"rule is new, and evaluated though nothing changes: {told}")
        elif not path:
            yield Change(path, f"rule is new, and evaluated with every write of the status: {told}")
        else:
            yield Change(path, f"rule is new, and evaluated when its node changes: {told}", breaks=False)


def _keeps_unknown(node: _Node) -> bool:
    return bool(node.get("x-kubernetes-preserve-unknown-fields")) or node.get("additionalProperties") is True


def _unknown_fields(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    """Free-form objects hold anything; what typed ones keep beside their fields is for newer versions."""
    if not _keeps_unknown(old):
        return
    declared = new.get("properties", {}).keys() - old.get("properties", {}).keys()
    if not _keeps_unknown(new):
        yield Change(path, "keeps unknown fields no more")
    elif declared and not old.get("properties"):
        yield Change(path, f"was free-form, and has types for {', '.join(sorted(declared))}")
    else:
        for name in sorted(declared):
            yield Change(f"{path}.{name}", "has a type, and was kept as an unknown field", breaks=False)


def _children(path: str, old: _Node, new: _Node) -> Iterator[Change]:
    fields, new_fields = old.get("properties", {}), new.get("properties", {})
    others, new_others = _schema(old, "additionalProperties"), _schema(new, "additionalProperties")
    for name, child in fields.items():
        target = new_fields.get(name, new_others)
        if target is not None:
            yield from _node(f"{path}.{name}", child, target)
        elif not _keeps_unknown(new):
            yield Change(f"{path}.{name}", "is dropped")
    if others is not None:
        for name in new_fields.keys() - fields.keys():
            yield from _node(f"{path}.{name}", others, new_fields[name])
        if new_others is not None:
            yield from _node(f"{path}.*", others, new_others)
        elif not _keeps_unknown(new):
            yield Change(f"{path}.*", "is dropped")
    items, new_items = _schema(old, "items"), _schema(new, "items")
    if items is not None and new_items is not None:
        yield from _node(f"{path}[]", items, new_items)


def _schema(node: _Node, key: str) -> _Node | None:
    child = node.get(key)
    return child if isinstance(child, Mapping) else None


def compare(released: Path, present: Path) -> list[tuple[str, Change]]:
    """Changes of the CRDs in a folder against those of the release, each with its file's name."""
    found: list[tuple[str, Change]] = []
    for file in sorted(released.glob("*.yaml")):
        if (present / file.name).exists():
            found += [(file.stem, change) for change in changes(_read(file), _read(present / file.name))]
        else:
            found.append((file.stem, Change("kind", "is dropped")))
    return found


def _read(file: Path) -> _Node:
    document: _Node = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return document


def main(arguments: list[str] | None = None, *, present: Path = CRDS, released: Path = RELEASED) -> int:
    """Exit status 1 when a change breaks objects or clients of the last release."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.crd_compatibility", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--release", action="store_true", help="make the present CRDs those of the release")
    wanted = parser.parse_args(arguments)
    if not any(released.glob("*.yaml")):
        print("CRDs: no release to compare with")
    found = compare(released, present)
    for name, change in found:
        print(f"{'incompatible' if change.breaks else 'note'}: {name} {change}")
    if any(change.breaks for _, change in found):
        return 1
    if wanted.release:
        shutil.rmtree(released, ignore_errors=True)
        shutil.copytree(present, released)
    return 0


if __name__ == "__main__":
    sys.exit(main())
