"""What is asked of a source: URIs, options and Secrets, without any server."""

import base64
import re

import pytest

from controller.artifacts.artifact import ArtifactError, Credentials, Wanted
from controller.artifacts.secret import read_credentials
from controller.artifacts.terms import wanted
from controller.artifacts.uri import file_name, scheme_of, shown

PREFIX = "kubernetes.operator.user.artifacts."
SHA256 = "0123456789abcdef" * 4


def data(**values: str) -> dict[str, str]:
    return {
        key.replace("__", "-").replace("_", "."): base64.b64encode(value.encode()).decode()
        for key, value in values.items()
    }


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://host/jobs/orders.jar", "orders.jar"),
        ("https://host/orders.jar?version=1.jar#x", "orders.jar"),
        ("https://host/a%20b%2Fc%22d.jar", "c_d.jar"),
        ("https://host/orders", "orders.jar"),
        ("https://host/orders/", "orders.jar"),
        ("https://host", "job.jar"),
        ("s3://bucket/.jar", "job.jar"),
        ("s3://bucket/%C3%BC.jar", "job.jar"),
        ("s3://bucket/" + "a" * 300 + ".jar", "a" * 100 + ".jar"),
    ],
)
def test_name_is_one_that_flink_and_file_systems_take(uri: str, name: str) -> None:
    assert file_name(uri) == name


@pytest.mark.parametrize(
    ("uri", "safe"),
    [
        ("https://user:pass@host:8443/a/b.jar?sig=x#y", "https://host:8443/a/b.jar"),
        ("https://user:p@ss@host/a", "https://host/a"),
        ("s3://bucket/a?x", "s3://bucket/a"),
        ("no uri: pass", "the jarURI"),
    ],
)
def test_uri_is_shown_without_what_may_be_secret(uri: str, safe: str) -> None:
    assert shown(uri) == safe


@pytest.mark.parametrize("uri", ["", "job.jar", "//host/a", "https://a/ b", "https://a/%zz", "1:"])
def test_what_is_no_uri_is_told(uri: str) -> None:
    with pytest.raises(ArtifactError, match="is not a URI"):
        scheme_of(uri)


def test_options_say_how_a_jar_is_fetched() -> None:
    options = {f"{PREFIX}sha256": f" {SHA256.upper()}", f"{PREFIX}http.header": "X-A:1,X-B:'a:b'"}
    operator = {
        f"{PREFIX}allowed-schemes": "HTTPS;s3",
        f"{PREFIX}max-size": "20 mb",
        f"{PREFIX}timeout": "2 min",
        f"{PREFIX}disallow-restricted-hosts": "false",
    }
    credentials = Credentials(headers={"X": "y"})
    assert wanted(options, operator, credentials) == Wanted(
        sha256=SHA256,
        headers={"X-A": "1", "X-B": "a:b"},
        maximum_size=20 * 2**20,
        timeout=120,
        credentials=credentials,
        schemes=("https", "s3"),
        restricts_hosts=False,
    )


def test_a_resource_says_nothing_of_what_is_the_operators() -> None:
    own = {
        f"{PREFIX}{key}": value
        for key, value in (
            ("allowed-schemes", "file"),
            ("max-size", "1 tb"),
            ("timeout", "1 d"),
            ("disallow-restricted-hosts", "false"),
        )
    }
    assert wanted(own, {}) == Wanted()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha256", "abc"),
        ("http.header", "t0psecret"),
        ("max-size", "large"),
        ("timeout", "soon"),
        ("disallow-restricted-hosts", "perhaps"),
    ],
)
def test_option_that_cannot_be_read_is_told_without_its_value(key: str, value: str) -> None:
    with pytest.raises(ArtifactError, match=re.escape(f"{PREFIX}{key} must ")) as caught:
        wanted({f"{PREFIX}{key}": value}, {f"{PREFIX}{key}": value})
    assert value not in str(caught.value)


def test_secret_holds_headers_for_https() -> None:
    found = read_credentials("https://host/a", "s", data(http_header_Authorization="Bearer t0psecret\n"))
    assert found == Credentials(headers={"Authorization": "Bearer t0psecret"})
    assert "t0psecret" not in repr(found)


def test_secret_holds_keys_for_s3() -> None:
    secret = data(s3_access__key="k", s3_secret__key="s", s3_session__token="t")
    found = read_credentials("s3a://b/a", "s", secret)
    assert found == Credentials(options={"access_key_id": "k", "secret_access_key": "s", "token": "t"})
    assert read_credentials("s3://b/a", "s", data(s3_access__key="k", s3_secret__key="s")).options == {
        "access_key_id": "k",
        "secret_access_key": "s",
    }


@pytest.mark.parametrize(
    ("uri", "secret", "words"),
    [
        (
            "s3://b/a",
            data(s3_endpoint="http://10.0.0.1"),
            "'s3.endpoint'",
        ),
        ("s3://b/a", data(s3_access__key="k"), "has no s3.secret-key"),
        ("s3://b/a", data(http_header_X="t0psecret"), "'http.header.X'"),
        ("https://h/a", data(s3_access__key="t0psecret"), "'s3.access-key'"),
        ("https://h/a", data(http_header_="t0psecret"), "'http.header.'"),
        ("https://h/a", data(http_header_X="a\nHost: t0psecret"), "more than one line"),
        ("https://h/a", {"http.header.X": "not base64"}, "holds no text at http.header.X"),
        ("gs://b/a", data(token="t0psecret"), "scheme gs, which takes none"),
    ],
)
def test_secret_with_anything_else_is_refused(uri: str, secret: dict[str, str], words: str) -> None:
    with pytest.raises(ArtifactError, match=re.escape(words)) as caught:
        read_credentials(uri, "team-jars", secret)
    assert "Secret team-jars" in str(caught.value)
    assert "t0psecret" not in str(caught.value)
    assert not caught.value.transient
