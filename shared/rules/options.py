"""Options that the operator reads itself, to make objects of them, must be readable."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from shared.config.collections import parse_map, parse_maps
from shared.rules.finding import Finding

_NUMBER = "must be a number above 0"
_PORT = "must be a port number"
_MAP = "must hold `key:value` pairs, separated by commas"


def _whole(text: str, least: int, most: int) -> bool:
    return text.strip().isdecimal() and least <= int(text) <= most


def _port(text: str) -> bool:
    return _whole(text, 0, 65535)


def _fraction(text: str) -> bool:
    try:
        return 0 <= Decimal(text.strip()) < 1
    except InvalidOperation:
        return False


def _count(text: str) -> bool:
    return _whole(text, 1, 2**31 - 1)


def _amount(text: str) -> bool:
    try:
        return 0 < Decimal(text.strip()) < Decimal("Infinity")
    except InvalidOperation:
        return False


def _parses(parser: Callable[[str], object]) -> Callable[[str], bool]:
    def parses(text: str) -> bool:
        try:
            parser(text)
        except ValueError:
            return False
        return True

    return parses


def _tolerations(text: str) -> object:
    entries = parse_maps(text)
    if any(not entry.get("tolerationSeconds", "0").isdecimal() for entry in entries):
        raise ValueError
    return entries


def _secret_variables(text: str) -> object:
    entries = parse_maps(text)
    if any(not {"env", "secret", "key"} <= entry.keys() for entry in entries):
        raise ValueError
    return entries


_READABLE: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "taskmanager.numberOfTaskSlots": (_count, "must be a whole number of at least 1"),
    **dict.fromkeys(
        ("rest.port", "web.port", "rest.bind-port", "jobmanager.rpc.port", "blob.server.port"), (_port, _PORT)
    ),
    **dict.fromkeys(
        (
            "kubernetes.jobmanager.cpu",
            "kubernetes.jobmanager.cpu.amount",
            "kubernetes.jobmanager.cpu.limit-factor",
            "kubernetes.jobmanager.memory.limit-factor",
        ),
        (_amount, _NUMBER),
    ),
    **dict.fromkeys(
        (
            "kubernetes.jobmanager.labels",
            "kubernetes.jobmanager.annotations",
            "kubernetes.jobmanager.node-selector",
            "kubernetes.rest-service.labels",
            "kubernetes.rest-service.annotations",
            "kubernetes.internal-service.labels",
            "kubernetes.internal-service.annotations",
            "kubernetes.secrets",
        ),
        (_parses(parse_map), _MAP),
    ),
    "jobmanager.memory.jvm-overhead.fraction": (_fraction, "must be a number from 0 to below 1"),
    "kubernetes.jobmanager.tolerations": (_parses(_tolerations), f"{_MAP}; several such maps by semicolons"),
    "kubernetes.env.secretKeyRef": (
        _parses(_secret_variables),
        "must hold `env:…,secret:…,key:…`, several of them separated by semicolons",
    ),
}


def option_findings(config: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for each option that cannot be read."""
    for key, (is_readable, expected) in _READABLE.items():
        if key in config and not is_readable(config[key]):
            yield Finding("FK117", f"spec.flinkConfiguration[{key}]", f"{expected}, not {config[key]!r}")
