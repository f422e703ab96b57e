"""The template of an Ingress (contract part 2.5, rules 8 and 9)."""

import re
from collections.abc import Iterator

from shared.model.deployment import IngressSpec
from shared.rules.finding import Finding, shown

_PLACEHOLDER = r"(?i)\{\{(name|namespace)\}\}"
_SCHEME = r"(?i)^https?://"
_HOST_AND_PORT = r"([^:]*)(?::[0-9]{0,5})?"
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_HOST = rf"(?=.{{0,253}}$)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*"
_ADDRESS = r"[0-9.]+"
_HINT = "Set it to host or host/path, for example {{name}}.{{namespace}}.example.com."


def ingress_template(path: str, ingress: IngressSpec) -> Iterator[Finding]:
    """The template is given, and is the host or path of a URL."""
    if ingress.template is None:
        yield Finding("FK121", f"{path}.template", "is required", _HINT)
    elif not _is_host_or_path(ingress.template):
        found = f"{shown(ingress.template)} is neither a host nor a path"
        yield Finding("FK125", f"{path}.template", found, _HINT)


def _is_host_or_path(template: str) -> bool:
    url = re.sub(_SCHEME, "", re.sub(_PLACEHOLDER, "a", template))
    authority, *_ = url.partition("/")
    match = re.fullmatch(_HOST_AND_PORT, authority)
    if match is None or "://" in url or not (match[1] or "/" in url):
        return False
    host = match[1]
    return not host or (re.fullmatch(_HOST, host) is not None and not re.fullmatch(_ADDRESS, host))
