"""The webhook's settings: defaults, values from the environment, and one clear line for a wrong one."""

from pathlib import Path

import pytest

from webhook.settings import Settings, SettingsError, read_settings


def test_an_empty_environment_gives_the_charts_defaults() -> None:
    assert read_settings({}) == Settings(9443, Path("/certs"), None, 15.0, Path("/opt/flink/conf"))


def test_every_setting_comes_from_its_variable() -> None:
    environment = {
        "WEBHOOK_SERVER_PORT": "8443",
        "WEBHOOK_TLS_DIR": "/tls",
        "WEBHOOK_SERVER_NAME": "webhook.flink.svc",
        "WEBHOOK_DRAIN_SECONDS": "2.5",
        "FLINK_CONF_DIR": "/conf",
    }
    expected = Settings(8443, Path("/tls"), "webhook.flink.svc", 2.5, Path("/conf"))
    assert read_settings(environment) == expected


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({"WEBHOOK_SERVER_NAME": " ", "WEBHOOK_SERVER_PORT": ""}) == Settings()


@pytest.mark.parametrize("port", ["https", "-1", "65536", "9443.5", "²"])
def test_a_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(SettingsError, match=r"^WEBHOOK_SERVER_PORT is .*: set it to a port number"):
        read_settings({"WEBHOOK_SERVER_PORT": port})


@pytest.mark.parametrize("seconds", ["soon", "-1", "inf", "nan"])
def test_a_drain_that_is_no_length_of_time_is_refused_by_name(seconds: str) -> None:
    with pytest.raises(SettingsError, match=r"^WEBHOOK_DRAIN_SECONDS is .*: set it to a number of seconds"):
        read_settings({"WEBHOOK_DRAIN_SECONDS": seconds})
