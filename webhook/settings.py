"""The service's settings, read once from the environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webhook.endpoint import Bounds


class SettingsError(Exception):
    """A setting cannot be used; the text is one line for whoever deploys the service."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployment decides; the defaults fit the chart."""

    port: int = 9443
    """WEBHOOK_SERVER_PORT: the TCP port of the TLS listener; 0 takes any free one."""
    tls_folder: Path = Path("/certs")
    """WEBHOOK_TLS_DIR: the folder that holds tls.crt and tls.key."""
    server_name: str | None = None
    """WEBHOOK_SERVER_NAME: the DNS name that the certificate must cover; None checks none."""
    drain_seconds: float = 15.0
    """WEBHOOK_DRAIN_SECONDS: how long requests are still served after SIGTERM."""
    configuration_folder: Path = Path("/opt/flink/conf")
    """FLINK_CONF_DIR: the folder of the operator's configuration."""
    overrides_folder: Path | None = None
    """CONF_OVERRIDE_DIR: a folder whose configuration is laid over that."""
    plain_port: int | None = None
    """WEBHOOK_PLAIN_PORT: the TCP port of probes and metrics, without TLS; 0 takes any free one."""
    watch_namespaces: tuple[str, ...] = ()
    """WATCH_NAMESPACES: the namespaces, by comma, whose resources are watched; empty means all."""
    kubeconfig: Path | None = None
    """KUBECONFIG: how to reach the API server from outside of a cluster."""
    bounds: Bounds = field(default_factory=Bounds)
    """WEBHOOK_MAX_IN_FLIGHT and WEBHOOK_REQUEST_SECONDS: what is taken on at once."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty variable counts as absent. Raises SettingsError."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    defaults = Settings()
    return Settings(
        port=_port("WEBHOOK_SERVER_PORT", given.get("WEBHOOK_SERVER_PORT", str(defaults.port))),
        tls_folder=Path(given.get("WEBHOOK_TLS_DIR", defaults.tls_folder)),
        server_name=given.get("WEBHOOK_SERVER_NAME"),
        drain_seconds=_seconds(given, "WEBHOOK_DRAIN_SECONDS", defaults.drain_seconds),
        configuration_folder=Path(given.get("FLINK_CONF_DIR", defaults.configuration_folder)),
        overrides_folder=Path(given["CONF_OVERRIDE_DIR"]) if "CONF_OVERRIDE_DIR" in given else None,
        plain_port=_port("WEBHOOK_PLAIN_PORT", given["WEBHOOK_PLAIN_PORT"])
        if "WEBHOOK_PLAIN_PORT" in given
        else None,
        watch_namespaces=tuple(
            name.strip() for name in given.get("WATCH_NAMESPACES", "").split(",") if name.strip()
        ),
        kubeconfig=Path(given["KUBECONFIG"]) if "KUBECONFIG" in given else None,
        bounds=Bounds(
            in_flight=_count(given, "WEBHOOK_MAX_IN_FLIGHT", defaults.bounds.in_flight),
            seconds=_seconds(given, "WEBHOOK_REQUEST_SECONDS", defaults.bounds.seconds, least=0.1),
        ),
    )


def _port(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"{name} is {text!r}: set it to a port number up to 65535")
    return int(text)


def _seconds(given: Mapping[str, str], name: str, default: float, least: float = 0) -> float:
    text = given.get(name, str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not least <= seconds < math.inf:
        raise SettingsError(f"{name} is {text!r}: set it to a number of seconds, {least:g} or more")
    return seconds


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsError(f"{name} is {text!r}: set it to a whole number, 1 or more")
    return int(text)
