"""The Ingress of a FlinkDeployment: the contract's object for every kind of template."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.flink.ingress import cluster_ingress
from shared.ingress_template import HostAndPath
from shared.rules import RuleContext, findings_of
from shared.rules.shape import parse
from tests.unit.flink_deployments import UID, application, deployment_of, session

Json = dict[str, Any]


def ingress(template: str = "{{name}}.example.com", *, options: Json | None = None, **spec: Any) -> Json:
    raw = application(ingress={"template": template, **spec})
    body = cluster_ingress(deployment_of(raw), options or {})
    assert body is not None
    return body


def address(template: str) -> tuple[str | None, str | None]:
    """Host and path of the only rule."""
    (rule,) = ingress(template)["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    return rule.get("host"), path.get("path")


def backend(body: Json) -> Json:
    (path,) = body["spec"]["rules"][0]["http"]["paths"]
    service: Json = path["backend"]["service"]
    return service


def test_whole_object() -> None:
    body = ingress(
        "/{{namespace}}/{{name}}(/|$)(.*)",
        className="nginx",
        annotations={"nginx.ingress.kubernetes.io/rewrite-target": "/$2"},
        labels={"team": "a"},
        tls=[{"hosts": ["orders.example.com"], "secretName": "orders-tls"}],
    )
    assert body == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "orders",
            "namespace": "shop",
            "labels": {"team": "a", "component": "ingress"},
            "annotations": {"nginx.ingress.kubernetes.io/rewrite-target": "/$2"},
            "ownerReferences": [
                {
                    "apiVersion": "flink.apache.org/v1beta1",
                    "kind": "FlinkDeployment",
                    "name": "orders",
                    "uid": UID,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": ["orders.example.com"], "secretName": "orders-tls"}],
            "rules": [
                {
                    "http": {
                        "paths": [
                            {
                                "path": "/shop/orders(/|$)(.*)",
                                "pathType": "ImplementationSpecific",
                                "backend": {"service": {"name": "orders-rest", "port": {"number": 8081}}},
                            }
                        ]
                    }
                }
            ],
        },
    }


def test_session_cluster_has_the_same_ingress() -> None:
    wanted = {"ingress": {"template": "{{name}}.example.com"}}
    assert cluster_ingress(deployment_of(session(**wanted)), {}) == ingress()


def test_no_ingress_is_wanted_without_one_in_the_spec() -> None:
    assert cluster_ingress(deployment_of(application()), {}) is None


TEMPLATES = {
    "{{name}}.{{namespace}}.flink.example.com": ("orders.shop.flink.example.com", None),
    "{{NAME}}.{{Namespace}}.example.com": ("orders.shop.example.com", None),
    "example.com/{{namespace}}/{{name}}(/|$)(.*)": ("example.com", "/shop/orders(/|$)(.*)"),
    "/{{namespace}}/{{name}}(/|$)(.*)": (None, "/shop/orders(/|$)(.*)"),
    "https://{{name}}.example.com/flink": ("orders.example.com", "/flink"),
    "HTTP://example.com": ("example.com", None),
    "example.com:8443/a": ("example.com", "/a"),
    "example.com:/a": ("example.com", "/a"),
    "example.com/": ("example.com", "/"),
    "/": (None, "/"),
    "*.example.com": ("*.example.com", None),
    "example.com/{{name}}/{{name}}": ("example.com", "/orders/orders"),
    "example.com/{{other}}": ("example.com", "/{{other}}"),
    "example.com/a?b=c#d": ("example.com", "/a"),
    "example.com/a#b/c?d": ("example.com", "/a"),
    "example.com//a": ("example.com", "//a"),
    "example.com/ä": ("example.com", "/ä"),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_gives_host_and_path(template: str) -> None:
    assert address(template) == TEMPLATES[template]


@pytest.mark.parametrize(
    "template",
    [
        "",
        "https://",
        "exa mple.com",
        "Example.com",
        "10.0.0.1",
        "example.com:web/x",
        "ftp://example.com",
        "user@example.com",
        "[::1]/a",
        "{{nam}}.example.com",
        "{{ name }}.example.com",
        "-{{name}}.example.com",
        ".example.com",
        "example..com",
        "*",
        "a.*.example.com",
        "example.com\n",
    ],
)
def test_template_that_is_neither_host_nor_path_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=re.escape("spec.ingress.template")):
        ingress(template)


def test_label_that_only_the_filled_in_names_make_too_long_is_refused() -> None:
    assert HostAndPath.of("{{name}}-{{namespace}}.example.com", "n" * 40, "s" * 40) is None


def test_backend_port_is_the_configured_one() -> None:
    assert backend(ingress(options={"rest.port": "9091"}))["port"] == {"number": 9091}


def test_owners_label_cannot_replace_the_operators() -> None:
    assert ingress(labels={"component": "web"})["metadata"]["labels"] == {"component": "ingress"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"secretName": "tls"}, {"secretName": "tls"}),
        ({"hosts": ["a.example.com"]}, {"hosts": ["a.example.com"]}),
        ({"hosts": [], "secretName": "tls"}, {"secretName": "tls"}),
    ],
)
def test_tls_entry_holds_what_is_given(given: Json, wanted: Json) -> None:
    assert ingress(tls=[given])["spec"]["tls"] == [wanted]


def test_empty_settings_are_left_out() -> None:
    body = ingress(className="", tls=[], labels={}, annotations={})
    assert set(body["spec"]) == {"rules"}
    assert body["metadata"]["annotations"] == {}


_PARTS = st.sampled_from(
    [
        "{{name}}",
        "{{NAMESPACE}}",
        "{{",
        "}}",
        ".",
        "/",
        ":",
        "80",
        "?",
        "#",
        "*",
        "http://",
        "a",
        "B",
        "-",
        " ",
    ]
)


@given(st.lists(_PARTS, max_size=8).map("".join))
def test_what_admission_lets_pass_makes_an_ingress(template: str) -> None:
    raw = application(ingress={"template": template})
    refused = any(finding.code == "FK125" for finding in findings_of(parse(raw), RuleContext({})))
    if refused:
        return
    host, path = address(template)
    assert host or path
    assert path is None or path.startswith("/")
    assert "{{name}}" not in f"{host}{path}"
