"""The template of an Ingress, as `{{name}}.{{namespace}}.example.com/path` (contract parts 2.5 and 5.10)."""

import re
from dataclasses import dataclass
from typing import Self

_NAME, _NAMESPACE = r"(?i)\{\{name\}\}", r"(?i)\{\{namespace\}\}"
_SCHEME = r"(?i)^https?://"
_HOST_AND_PORT = r"([^:]*)(?::[0-9]{0,5})?"
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_HOST = rf"(?=.{{0,253}}$)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*"
_ADDRESS = r"[0-9.]+"


@dataclass(frozen=True, slots=True)
class HostAndPath:
    """Where an Ingress listens. One of them may be empty, not both."""

    host: str
    path: str
    """Empty, or with a slash before it. It may be a regular expression of the ingress controller."""

    @classmethod
    def of(cls, template: str, name: str, namespace: str) -> Self | None:
        """The template filled in, as a URL is read: without scheme, port, query and fragment.

        None when that is neither a host nor a path.
        """
        filled = filled_in(template, name, namespace)
        url = re.sub(_SCHEME, "", filled)
        authority, slash, rest = url.partition("/")
        match = re.fullmatch(_HOST_AND_PORT, authority)
        if match is None or "://" in url or not (match[1] or slash):
            return None
        host = match[1]
        if host and (not re.fullmatch(_HOST, host) or re.fullmatch(_ADDRESS, host)):
            return None
        path, *_ = re.split(r"[?#]", rest, maxsplit=1)
        return cls(host, slash + path)


def filled_in(template: str, name: str, namespace: str) -> str:
    """The template with the resource's name and namespace in their places."""
    return re.sub(_NAMESPACE, namespace, re.sub(_NAME, name, template))
