"""The template of an Ingress (contract part 2.5, rules 8 and 9)."""

import re
from collections.abc import Iterator

from shared.ingress_template import HostAndPath, filled_in
from shared.model.deployment import IngressSpec
from shared.rules.finding import Finding, Severity, shown

_HINT = "Set it to host or host/path, for example {{name}}.{{namespace}}.example.com."
_PART_OF_HOST = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def ingress_template(path: str, ingress: IngressSpec, name: str | None, namespace: str) -> Iterator[Finding]:
    """The template is given, and is the host or path of a URL, also with this name and namespace in it."""
    template = ingress.template
    if template is None:
        yield Finding("FK121", f"{path}.template", "is required", _HINT)
        return
    address = HostAndPath.of(template, "a", "a")
    if address is None:
        yield Finding("FK125", f"{path}.template", f"{shown(template)} is neither a host nor a path", _HINT)
        return
    yield from _with_names(f"{path}.template", template, _or_a_letter(name), _or_a_letter(namespace))
    if cut := re.search(r"[?#]", template):
        found = f"has no effect from its {cut[0]} on: a rule of an Ingress has a host and a path only"
        yield Finding("FK505", f"{path}.template", found, "Take it out.", Severity.WARNING)


def _with_names(path: str, template: str, name: str, namespace: str) -> Iterator[Finding]:
    if HostAndPath.of(template, name, namespace) is None:
        found = f"{shown(filled_in(template, name, namespace))} is no host"
        hint = "Shorten it: a host has at most 253 characters, and 63 between two dots."
        yield Finding("FK125", path, found, hint)


def _or_a_letter(name: str | None) -> str:
    """The name, or a stand-in for one that is not known yet or that another rule finds wrong."""
    return name if name is not None and _PART_OF_HOST.fullmatch(name) else "a"
