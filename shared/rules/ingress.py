"""The template of an Ingress (contract part 2.5, rules 8 and 9)."""

from collections.abc import Iterator

from shared.ingress_template import HostAndPath
from shared.model.deployment import IngressSpec
from shared.rules.finding import Finding, shown

_HINT = "Set it to host or host/path, for example {{name}}.{{namespace}}.example.com."


def ingress_template(path: str, ingress: IngressSpec) -> Iterator[Finding]:
    """The template is given, and is the host or path of a URL."""
    if ingress.template is None:
        yield Finding("FK121", f"{path}.template", "is required", _HINT)
    elif HostAndPath.of(ingress.template, "a", "a") is None:
        found = f"{shown(ingress.template)} is neither a host nor a path"
        yield Finding("FK125", f"{path}.template", found, _HINT)
