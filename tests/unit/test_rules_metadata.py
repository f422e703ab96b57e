"""Metadata that the API server refuses by itself is told before."""

from typing import Any

import pytest

from shared.rules.metadata import metadata_findings

_LONG = "a" * 64


def paths(**metadata: Any) -> list[str]:
    return [finding.path for finding in metadata_findings({"metadata": metadata})]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"name": "a.b-c.1", "namespace": "a-1"},
        {"labels": {"a": "", "A_b.c-1": "A_b.c-1", "example.com/a": "1", "a" * 63: "a" * 63}},
        {"annotations": {"Example.COM/a": "any text\nat all", "a": "x" * 1000}},
        {"labels": None, "annotations": [], "name": 5, "namespace": {}},
        {"labels": {"a": 5}},
    ],
)
def test_what_kubernetes_takes_is_taken(metadata: dict[str, Any]) -> None:
    assert paths(**metadata) == []


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a-", "a..b", ".a", "a" * 254, "a\n", "ä"])
def test_name_is_a_subdomain(name: str) -> None:
    assert paths(name=name) == ["metadata.name"]


@pytest.mark.parametrize("namespace", ["A", "a.b", "-a", "a-", _LONG, "a\n"])
def test_namespace_is_a_label_of_a_domain(namespace: str) -> None:
    assert paths(namespace=namespace) == ["metadata.namespace"]


@pytest.mark.parametrize("value", ["a b", "-a", "a-", "a/b", _LONG, "ä", "a\n"])
def test_value_of_a_label_is_a_short_word(value: str) -> None:
    assert paths(labels={"team": value}) == ["metadata.labels.team"]


@pytest.mark.parametrize("key", ["", "a b", "-a", "a-", _LONG, "/a", "a/", "a/b/c", "a_b/c", "ä"])
@pytest.mark.parametrize("kind", ["labels", "annotations"])
def test_key_is_a_word_with_or_without_a_domain(kind: str, key: str) -> None:
    assert len(paths(**{kind: {key: "a"}})) == 1


def test_domain_in_a_labels_key_is_in_lower_case() -> None:
    assert paths(labels={"Example.com/a": "a"}) == ["metadata.labels[Example.com/a]"]


@pytest.mark.parametrize(
    ("length", "expected"), [(256 * 1024 - 1, []), (256 * 1024, ["metadata.annotations"])]
)
def test_annotations_are_of_a_size(length: int, expected: list[str]) -> None:
    assert paths(annotations={"a": "x" * length}) == expected
