"""The controller's settings, from its environment: a clear line for a wrong one."""

from pathlib import Path

import pytest

from controller.flink.tls_material import TlsFiles
from controller.settings import Settings, SettingsError


def test_nothing_is_trusted_unless_it_is_said() -> None:
    settings = Settings.from_environment({})
    assert settings.tls_files == TlsFiles()
    assert settings.tls_files.authorities is None
    assert settings.verifies_host_names


def test_stores_of_the_java_operator_count_before_the_folder() -> None:
    files = Settings.from_environment(
        {
            "REST_TLS_DIR": "/tls",
            "OPERATOR_TRUSTSTORE_PATH": "/j/truststore.p12",
            "OPERATOR_KEYSTORE_PATH": "/j/keystore.p12",
            "OPERATOR_KEYSTORE_PASSWORD": "both",
        }
    ).tls_files
    assert (files.authorities, files.identity) == (Path("/j/truststore.p12"), (Path("/j/keystore.p12"),))
    assert files.password == "both"  # noqa: S105


def test_folder_is_that_of_a_secret() -> None:
    files = Settings.from_environment({"REST_TLS_DIR": "/tls"}).tls_files
    assert files.authorities == Path("/tls/ca.crt")
    assert files.identity == (Path("/tls/tls.crt"), Path("/tls/tls.key"))


@pytest.mark.parametrize(("text", "verifies"), [("true", True), ("false", False)])
def test_host_names_are_verified_unless_it_is_said(text: str, verifies: bool) -> None:
    settings = Settings.from_environment({"REST_TLS_VERIFY_HOSTNAME": text})
    assert settings.verifies_host_names is verifies


@pytest.mark.parametrize("text", ["", "no", "False"])
def test_word_that_is_neither_true_nor_false_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="REST_TLS_VERIFY_HOSTNAME"):
        Settings.from_environment({"REST_TLS_VERIFY_HOSTNAME": text})


def field_manager(**environment: str) -> str:
    return Settings.from_environment(environment).field_manager


def test_replicas_of_an_installation_write_under_one_name() -> None:
    one = field_manager(OPERATOR_NAMESPACE="flink-system", POD_NAME="controller-1")
    assert one == field_manager(OPERATOR_NAMESPACE="flink-system", POD_NAME="controller-2")


def test_installations_write_under_names_of_their_own() -> None:
    names = {
        field_manager(OPERATOR_NAMESPACE="one"),
        field_manager(OPERATOR_NAMESPACE="two"),
        field_manager(OPERATOR_NAMESPACE="one", LEASE_NAME="another"),
    }
    assert len(names) == 3


def test_name_is_no_longer_than_kubernetes_takes() -> None:
    assert len(field_manager(OPERATOR_NAMESPACE="n" * 63, LEASE_NAME="l" * 200)) <= 128
