"""The service's settings, read once from the environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty variable counts as absent. Raises SettingsError."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    defaults = Settings()
    return Settings(
        port=_port(given.get("WEBHOOK_SERVER_PORT", str(defaults.port))),
        tls_folder=Path(given.get("WEBHOOK_TLS_DIR", defaults.tls_folder)),
        server_name=given.get("WEBHOOK_SERVER_NAME"),
        drain_seconds=_seconds(given.get("WEBHOOK_DRAIN_SECONDS", str(defaults.drain_seconds))),
        configuration_folder=Path(given.get("FLINK_CONF_DIR", defaults.configuration_folder)),
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"WEBHOOK_SERVER_PORT is {text!r}: set it to a port number up to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise SettingsError(f"WEBHOOK_DRAIN_SECONDS is {text!r}: set it to a number of seconds, 0 or more")
    return seconds
