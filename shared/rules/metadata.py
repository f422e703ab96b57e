"""Metadata that Kubernetes does not take: the API server refuses it before any webhook sees the resource.

So these are no rules of admission: they are for what has not been to the server yet.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.rules.finding import Finding, shown
from shared.rules.location import path_of

CODE = "FK021"

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*")
_LONGEST_SUBDOMAIN = 253
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_NAME_HINT = "Use at most 63 letters, digits, hyphens, dots and underscores, a letter or digit first and last"
_MOST_OF_ANNOTATIONS = 256 * 1024  # bytes


def metadata_findings(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Of a raw object; what is not text is another finding's."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    yield from _name(metadata.get("name"))
    yield from _namespace(metadata.get("namespace"))
    yield from _labels(_texts(metadata.get("labels")))
    yield from _annotations(_texts(metadata.get("annotations")))


def _is_subdomain(text: str) -> bool:
    return len(text) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text) is not None


def _texts(value: Any) -> dict[str, str]:
    entries = value.items() if isinstance(value, Mapping) else ()
    return {key: text for key, text in entries if isinstance(key, str) and isinstance(text, str)}


def _name(name: Any) -> Iterator[Finding]:
    if isinstance(name, str) and name and not _is_subdomain(name):
        hint = "Use at most 253 lower-case letters, digits, hyphens and dots."
        yield Finding(CODE, "metadata.name", f"{shown(name)} cannot name a resource", hint)


def _namespace(namespace: Any) -> Iterator[Finding]:
    if isinstance(namespace, str) and namespace and not _LABEL.fullmatch(namespace):
        hint = "Use at most 63 lower-case letters, digits and hyphens, no hyphen first or last."
        yield Finding(CODE, "metadata.namespace", f"{shown(namespace)} cannot name a namespace", hint)


def _labels(labels: Mapping[str, str]) -> Iterator[Finding]:
    for key, value in labels.items():
        path = path_of(("metadata", "labels", key))
        yield from _key(path, key, "a label")
        if value and not _NAME.fullmatch(value):
            yield Finding(CODE, path, f"{shown(value)} cannot be a label's value", f"{_NAME_HINT}.")


def _annotations(annotations: Mapping[str, str]) -> Iterator[Finding]:
    for key in annotations:
        yield from _key(path_of(("metadata", "annotations", key)), key.lower(), "an annotation")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > _MOST_OF_ANNOTATIONS:
        found = f"are too large together: {size:,} bytes, and Kubernetes takes {_MOST_OF_ANNOTATIONS:,}"
        yield Finding(CODE, "metadata.annotations", found, "Keep what is large in a ConfigMap.")


def _key(path: str, key: str, what: str) -> Iterator[Finding]:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and not _is_subdomain(prefix)):
        hint = f"{_NAME_HINT}; before it may stand a domain and a slash."
        yield Finding(CODE, path, f"{shown(key)} cannot be the key of {what}", hint)
