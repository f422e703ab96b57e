"""What the controller gets for JobManagers whose REST speaks TLS: nothing, unless it is asked for."""

from pathlib import Path

import pytest

from controller.settings import Settings
from tests.unit.chart.rendered_chart import Chart, Manifest, Rendered

FOLDER = "/opt/flink/tls-cert"
ON = "tls.create=true"


def sources(rendered: Rendered) -> list[Manifest]:
    (volume,) = (each for each in rendered.pod("controller")["volumes"] if each["name"] == "tls")
    found: list[Manifest] = volume["projected"]["sources"]
    return found


def test_nothing_is_mounted_by_default(default: Rendered) -> None:
    assert {each["name"] for each in default.pod("controller")["volumes"]} == {"configuration", "tmp"}
    assert Settings.from_environment(default.environment("controller")).tls_files.authorities is None


def test_secret_lies_where_the_controller_looks(chart: Chart) -> None:
    rendered = chart.render("--set", f"{ON},tls.secretName=trusted")
    assert sources(rendered) == [{"secret": {"name": "trusted", "optional": True}}]
    mounts = {each["name"]: each for each in rendered.container("controller")["volumeMounts"]}
    assert mounts["tls"] == {"name": "tls", "mountPath": FOLDER, "readOnly": True}
    settings = Settings.from_environment(rendered.environment("controller"))
    assert settings.tls_files.authorities == Path(FOLDER, "ca.crt")
    assert settings.verifies_host_names


@pytest.mark.parametrize("secret", ["", "own"])
def test_config_map_takes_the_place_of_the_secrets_authorities(chart: Chart, secret: str) -> None:
    rendered = chart.render("--set", f"{ON},tls.secretName={secret},tls.configMapName=bundle")
    files = {
        item["path"]: kind
        for source in sources(rendered)
        for kind, content in source.items()
        for item in content["items"]
    }
    pair = dict.fromkeys(("tls.crt", "tls.key"), "secret") if secret else {}
    assert files == {"ca.crt": "configMap", **pair}


def test_password_of_stores_comes_from_its_secret_if_there_is_one(chart: Chart) -> None:
    rendered = chart.render("--set", f"{ON},tls.secretKeyRef.name=pw,tls.secretKeyRef.key=k")
    environment = {each["name"]: each for each in rendered.container("controller")["env"]}
    reference = environment["OPERATOR_KEYSTORE_PASSWORD"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": "pw", "key": "k", "optional": True}


def test_host_names_are_left_alone_only_on_request(chart: Chart) -> None:
    rendered = chart.render("--set", f"{ON},tls.verifyHostname=false")
    assert not Settings.from_environment(rendered.environment("controller")).verifies_host_names


def test_webhook_gets_none_of_it(chart: Chart, default: Rendered) -> None:
    assert chart.render("--set", ON).pod("webhook") == default.pod("webhook")
