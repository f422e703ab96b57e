"""TLS of the JobManager's REST as its options say: what Flink 1.20.5 and 2.3.0 were seen to do."""

import pytest

from shared.config.options import ALL_TLS, CLIENT_AUTHENTICATION, REST_TLS
from shared.config.rest_tls import asks_for_certificates, missing_options, speaks_tls
from shared.model.deployment import FlinkVersion

V1, V2 = FlinkVersion.V1_20, FlinkVersion.V2_3
ON, ALL_ON = {REST_TLS.key: "true"}, {ALL_TLS.key: "true"}
ASKS = {CLIENT_AUTHENTICATION.key: "true"}
REST = "security.ssl.rest."
STORE = dict.fromkeys(("keystore", "keystore-password", "key-password"), "x")


def of_rest(options: dict[str, str]) -> dict[str, str]:
    return {REST + name: value for name, value in options.items()}


def of_all(options: dict[str, str]) -> dict[str, str]:
    return {f"security.ssl.{name}": value for name, value in options.items()}


@pytest.mark.parametrize(
    ("options", "version", "speaks"),
    [
        ({}, V2, False),
        (ON, V2, True),
        (ON, V1, True),
        (ON, None, True),
        ({REST_TLS.key: " True "}, V2, True),
        (ALL_ON, V1, True),
        (ALL_ON, V2, False),
        (ALL_ON, None, False),
        (ALL_ON | {REST_TLS.key: "false"}, V1, False),
    ],
    ids=str,
)
def test_option_for_the_rest_counts_before_the_one_for_everything(
    options: dict[str, str], version: FlinkVersion | None, speaks: bool
) -> None:
    assert speaks_tls(options, version) is speaks


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        (ON | ASKS | of_rest({"truststore": "/t"}), True),
        (ON | ASKS | of_all({"truststore": "/t"}), True),
        (ON | ASKS | of_rest({"truststore-password": "x"}), True),
        (ON | ASKS, False),
        (ON | of_rest({"truststore": "/t"}), False),
        (ASKS | of_rest({"truststore": "/t"}), False),
    ],
    ids=str,
)
def test_clients_are_asked_for_certificates_only_where_there_is_a_truststore(
    options: dict[str, str], asks: bool
) -> None:
    assert asks_for_certificates(options, V2) is asks


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, []),
        (ON, ["keystore", "keystore-password", "key-password"]),
        (ON | of_rest(STORE), []),
        (ON | of_all(STORE), []),
        (ON | of_rest({"keystore": "/k"}) | of_all({"keystore-password": "x"}), ["key-password"]),
        (ON | ASKS | of_rest(STORE), []),
        (ON | ASKS | of_rest(STORE) | of_rest({"truststore": "/t"}), ["truststore-password"]),
        (ON | of_rest(STORE) | of_rest({"truststore": "/t"}), []),
    ],
    ids=str,
)
def test_options_without_which_a_job_manager_ends_at_its_start(
    options: dict[str, str], missing: list[str]
) -> None:
    assert missing_options(options, V2) == [REST + name for name in missing]
