"""The webhook's settings: defaults, values from the environment, and one clear line for a wrong one."""

from pathlib import Path

import pytest

from webhook.endpoint import Bounds
from webhook.settings import Settings, SettingsError, read_settings


def test_an_empty_environment_gives_the_charts_defaults() -> None:
    assert read_settings({}) == Settings(
        port=9443,
        tls_folder=Path("/certs"),
        server_name=None,
        drain_seconds=15.0,
        configuration_folder=Path("/opt/flink/conf"),
        plain_port=None,
        bounds=Bounds(in_flight=512, seconds=4.0),
    )


def test_every_setting_comes_from_its_variable() -> None:
    environment = {
        "WEBHOOK_SERVER_PORT": "8443",
        "WEBHOOK_TLS_DIR": "/tls",
        "WEBHOOK_SERVER_NAME": "webhook.flink.svc",
        "WEBHOOK_DRAIN_SECONDS": "2.5",
        "FLINK_CONF_DIR": "/conf",
        "WEBHOOK_PLAIN_PORT": "8080",
        "WEBHOOK_MAX_IN_FLIGHT": "7",
        "WEBHOOK_REQUEST_SECONDS": "1.5",
    }
    expected = Settings(
        port=8443,
        tls_folder=Path("/tls"),
        server_name="webhook.flink.svc",
        drain_seconds=2.5,
        configuration_folder=Path("/conf"),
        plain_port=8080,
        bounds=Bounds(in_flight=7, seconds=1.5),
    )
    assert read_settings(environment) == expected


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({"WEBHOOK_SERVER_NAME": " ", "WEBHOOK_SERVER_PORT": ""}) == Settings()


@pytest.mark.parametrize("name", ["WEBHOOK_SERVER_PORT", "WEBHOOK_PLAIN_PORT"])
@pytest.mark.parametrize("port", ["https", "-1", "65536", "9443.5", "²"])
def test_a_port_that_is_none_is_refused_by_name(name: str, port: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is .*: set it to a port number"):
        read_settings({name: port})


@pytest.mark.parametrize("seconds", ["soon", "-1", "inf", "nan"])
def test_a_drain_that_is_no_length_of_time_is_refused_by_name(seconds: str) -> None:
    with pytest.raises(SettingsError, match=r"^WEBHOOK_DRAIN_SECONDS is .*: set it to a number of seconds"):
        read_settings({"WEBHOOK_DRAIN_SECONDS": seconds})


def test_a_service_without_time_for_any_request_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^WEBHOOK_REQUEST_SECONDS is '0': .* 0\.1 or more"):
        read_settings({"WEBHOOK_REQUEST_SECONDS": "0"})


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "many", "²"])
def test_a_number_of_requests_that_is_none_is_refused_by_name(count: str) -> None:
    with pytest.raises(SettingsError, match=r"^WEBHOOK_MAX_IN_FLIGHT is .*: set it to a whole number"):
        read_settings({"WEBHOOK_MAX_IN_FLIGHT": count})
