"""Pod templates are free-form for the API server; here is what the operator itself must be able to read."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.rules.finding import Finding


def pod_template_findings(path: str, template: Mapping[str, Any] | None) -> Iterator[Finding]:
    """metadata and spec are mappings, containers and the like are lists of mappings with a name."""
    for field in ("metadata", "spec"):
        value = (template or {}).get(field)
        if value is not None and not isinstance(value, Mapping):
            yield Finding("FK018", f"{path}.{field}", f"must be a mapping, not {value!r}")
        elif field == "spec":
            for name in ("containers", "initContainers", "volumes"):
                yield from _named_elements(f"{path}.spec.{name}", (value or {}).get(name))
        else:
            for name in ("labels", "annotations"):
                entries = (value or {}).get(name)
                if entries is not None and not isinstance(entries, Mapping):
                    yield Finding("FK018", f"{path}.metadata.{name}", f"must be a mapping, not {entries!r}")


def _named_elements(path: str, value: Any) -> Iterator[Finding]:
    if value is None:
        return
    if not isinstance(value, list):
        yield Finding("FK017", path, f"must be a list, not {value!r}", "Begin each element with a hyphen.")
        return
    for number, element in enumerate(value):
        if not isinstance(element, Mapping) or not isinstance(element.get("name"), str):
            yield Finding("FK118", f"{path}[{number}]", "must be a mapping with a name")
