"""Where a session job's jar may come from (contract part 2.6): no name is resolved, nothing is asked."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from shared.addresses import is_restricted, literal_address
from shared.config.collections import parse_list
from shared.config.operator_options import ALLOWED_SCHEMES, RESTRICTED_HOSTS_ARE_DISALLOWED
from shared.config.options import is_true
from shared.rules.finding import Finding, shown

_PATH = "spec.job.jarURI"
_HINT = "Use a full address, for example https://repository.example.com/jobs/job.jar."

_ILLEGAL = r"[\x00-\x20\x7f-\xa0<>\"{}|\\^`]|%(?![0-9A-Fa-f]{2})|#.*#"
_URI = r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//[^/?#]*)?([^?#]*)(.*)"
_LABEL = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_TOP_LABEL = r"[A-Za-z][A-Za-z0-9]*(?:-+[A-Za-z0-9]+)*"
_HOST = rf"\[[0-9A-Fa-f:.%\w]+\]|[0-9]+(?:\.[0-9]+){{3}}|(?:{_LABEL}\.)*{_TOP_LABEL}\.?"
_AUTHORITY = rf"//(?:[^@\[\]]*@)?({_HOST})(?::[0-9]*)?"


def jar_uri(uri: str, operator: Mapping[str, str]) -> Iterator[Finding]:
    """A URI whose scheme is allowed, and whose host is not one of this machine or network."""
    match = re.fullmatch(_URI, uri)
    if match is None or re.search(_ILLEGAL, uri) or not _has_body(match):
        yield Finding("FK207", _PATH, f"{shown(uri)} is not a URI", _HINT)
        return
    scheme = (match[1] or "").lower()
    if not scheme:
        yield Finding("FK207", _PATH, f"{shown(uri)} has no scheme", _HINT)
        return
    allowed = _allowed_schemes(operator)
    if scheme not in allowed:
        hint = f"Use one of {', '.join(allowed)}; the operator's option {ALLOWED_SCHEMES.key} lists them."
        yield Finding("FK208", _PATH, f"scheme {shown(scheme)} is not allowed", hint)
        return
    if scheme in {"http", "https"} and is_true(RESTRICTED_HOSTS_ARE_DISALLOWED.read(operator)):
        yield from _host(match[2] or "")


def _has_body(match: re.Match[str]) -> bool:
    authority, path = match[2], match[3]
    return (authority not in {None, "//"} or bool(path)) and not any(sign in path for sign in "[]")


def _allowed_schemes(operator: Mapping[str, str]) -> list[str]:
    try:
        return [
            scheme.lower() for scheme in parse_list(ALLOWED_SCHEMES.read(operator) or "", reads_yaml=True)
        ]
    except ValueError:
        return []


def _host(authority: str) -> Iterator[Finding]:
    match = re.fullmatch(_AUTHORITY, authority)
    host = match[1] if match else re.sub(r"^//(?:[^@]*@)?|:[0-9]*$", "", authority)
    address = literal_address(host)
    if is_restricted(address) if address is not None else _is_this_machine(host):
        option = RESTRICTED_HOSTS_ARE_DISALLOWED.key
        hint = f"Use a public host, or have the operator's option {option} set to false."
        found = f"{shown(_bare(host))} is a loopback, private, link-local or multicast host"
        yield Finding("FK209", _PATH, found, hint)
    elif match is None:
        yield Finding("FK209", _PATH, "names no valid host", _HINT)
    elif host[0] in "[0123456789" and not host[-1].isalpha() and not _is_plain(host):
        yield Finding("FK209", _PATH, f"{shown(_bare(host))} is not an address", _HINT)


def _is_this_machine(host: str) -> bool:
    name = _bare(host)
    return name == "localhost" or name.endswith(".localhost")


def _is_plain(host: str) -> bool:
    """Whether it is an address in the notation of URIs."""
    try:
        ip_address(_bare(host))
    except ValueError:
        return False
    return True


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
