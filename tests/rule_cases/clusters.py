"""What no cluster could be made of: jars, ports, template files, Kerberos files, claims, long hosts."""

from collections.abc import Mapping
from typing import Any

from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import HA, application, blue_green, configured, session_cluster

_NOTHING: frozenset[Found] = frozenset()
_JAR, _JARS = "spec.job.jarURI", "pipeline.jars"
_RAW_HTTP = {"user.artifacts.raw-http-enabled": True}
_TEMPLATE_FILE = "kubernetes.pod-template-file"
_CLAIMS, _READ_ONLY = "kubernetes.persistent-volume-claims", "kubernetes.persistent-volume-claim-read-only"
_PRINCIPAL = {"security.kerberos.login.principal": "flink"}
_KEYTAB, _KRB5 = "security.kerberos.login.keytab", "security.kerberos.krb5-conf.path"
_REPLICAS = "kubernetes.jobmanager.replicas"
_INGRESS = "spec.ingress.template"
_LONG = {"template": "{{name}}-" + "x" * 30 + ".example.com"}
_REST_TLS, _AUTHENTICATION = "security.ssl.rest.enabled", "security.ssl.rest.authentication-enabled"
_SPEAKS_TLS, _ASKS = {_REST_TLS: True}, {_AUTHENTICATION: True}
_STORE = {
    "security.ssl.rest.keystore": "/k.p12",
    "security.ssl.rest.keystore-password": "changeit",
    "security.ssl.rest.key-password": "changeit",
}
_TRUSTS = {"security.ssl.rest.truststore": "/t.p12", "security.ssl.rest.truststore-password": "changeit"}


def _version(version: str, jar: str | None, /, **spec: Any) -> Json:
    return application({"jarURI": jar}, flinkVersion=version, **spec)


_JOB_JARS: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "local": (_version("v1_19", "local:///opt/job.jar"), _NOTHING),
    "remote-on-1.19": (_version("v1_19", "https://example.com/job.jar"), _NOTHING),
    "remote-on-1.20": (_version("v1_20", "s3://bucket/job.jar"), _NOTHING),
    "remote-before-1.19": (
        _version("v1_18", "s3://bucket/job.jar"),
        error("FK134", _JAR) | warning("FK501", "spec.flinkVersion"),
    ),
    "path-before-1.19": (
        _version("v1_18", "/opt/job.jar"),
        error("FK134", _JAR) | warning("FK501", "spec.flinkVersion"),
    ),
    "http": (application({"jarURI": "http://example.com/job.jar"}), error("FK134", _JAR)),
    "http-allowed": (configured(_RAW_HTTP, {"jarURI": "http://example.com/job.jar"}), _NOTHING),
    "http-on-a-standalone-class-path": (
        application({"jarURI": "http://example.com/job.jar"}, mode="standalone"),
        _NOTHING,
    ),
    "remote-standalone-before-1.19": (
        _version("v1_18", "s3://bucket/job.jar", mode="standalone"),
        error("FK134", _JAR) | warning("FK501", "spec.flinkVersion"),
    ),
    "file-standalone-before-1.19": (
        _version("v1_18", "/opt/job.jar", mode="standalone"),
        warning("FK501", "spec.flinkVersion"),
    ),
    "none-on-2.0": (_version("v2_0", None), error("FK134", _JAR)),
    "none-on-2.1": (_version("v2_1", None), warning("FK506", _JAR)),
    "none-for-a-class-on-1.20": (
        application({"jarURI": None, "entryClass": "org.example.Job"}, flinkVersion="v1_20"),
        error("FK134", _JAR),
    ),
    "none-for-python-on-1.20": (
        application(
            {"jarURI": None, "entryClass": "org.apache.flink.client.python.PythonDriver"},
            flinkVersion="v1_20",
        ),
        _NOTHING,
    ),
    "none-standalone-on-1.20": (_version("v1_20", None, mode="standalone"), warning("FK506", _JAR)),
    "in-an-option": (
        configured({_JARS: "local:///a.jar"}, {"jarURI": None, "entryClass": "A"}, flinkVersion="v1_20"),
        _NOTHING,
    ),
    "two-in-an-option": (
        configured({_JARS: "local:///a.jar;local:///b.jar"}, {"jarURI": None, "entryClass": "A"}),
        error("FK134", option(_JARS)),
    ),
    "two-in-an-option-under-the-field": (configured({_JARS: "local:///a.jar;local:///b.jar"}), _NOTHING),
    "none-of-a-session-cluster": (session_cluster(flinkVersion="v1_20"), _NOTHING),
}

_OPTIONS: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "replicas-in-an-option-without-ha": (
        configured({_REPLICAS: 2, "jobmanager.memory.process.size": "1g"}, jobManager=None),
        error("FK109", option(_REPLICAS)),
    ),
    "replicas-in-an-option-with-ha": (
        configured(HA | {_REPLICAS: 2, "jobmanager.memory.process.size": "1g"}, jobManager=None),
        _NOTHING,
    ),
    "template-file": (
        configured({_TEMPLATE_FILE: "/templates/pod.yaml"}),
        error("FK135", option(_TEMPLATE_FILE)),
    ),
    "template-file-of-task-managers": (
        configured({f"{_TEMPLATE_FILE}.taskmanager": "/templates/pod.yaml"}),
        error("FK135", option(f"{_TEMPLATE_FILE}.taskmanager")),
    ),
    "template-file-beside-a-template": (
        configured({f"{_TEMPLATE_FILE}.default": "/templates/pod.yaml"}, podTemplate={"spec": {}}),
        warning("FK505", option(f"{_TEMPLATE_FILE}.default")),
    ),
    "template-file-beside-nulls": (
        configured({f"{_TEMPLATE_FILE}.default": "/templates/pod.yaml"}, podTemplate={"spec": None}),
        error("FK135", option(f"{_TEMPLATE_FILE}.default")),
    ),
    "kerberos": (
        configured(_PRINCIPAL | {_KEYTAB: "/etc/flink/flink.keytab", _KRB5: "/etc/flink/krb5.conf"}),
        _NOTHING,
    ),
    "keytab-of-another-sort": (
        configured(_PRINCIPAL | {_KEYTAB: "/etc/shadow"}),
        error("FK136", option(_KEYTAB)),
    ),
    "keytab-older-name": (
        configured({"security.keytab": "a.keytab", "security.principal": "flink"}, flinkVersion="v1_20"),
        error("FK136", option("security.keytab")),
    ),
    "keytab-without-principal": (configured({_KEYTAB: "/etc/shadow"}), _NOTHING),
    "krb5-of-another-sort": (configured({_KRB5: "/etc/krb5.ini"}), error("FK136", option(_KRB5))),
    "krb5-of-ones-own": (
        configured({_KRB5: "/etc/krb5.ini", "kubernetes.decorator.kerberos-mount.enabled": False}),
        _NOTHING,
    ),
    "claims": (configured({_CLAIMS: "data:/data,more:/more", _READ_ONLY: True}), _NOTHING),
    "claims-below-the-option": (configured({f"{_CLAIMS}.data": "/data"}), _NOTHING),
    "claims-without-a-path": (configured({_CLAIMS: "data"}), error("FK117", option(_CLAIMS))),
    "claims-read-only-perhaps": (
        configured({_CLAIMS: "data:/data", _READ_ONLY: "perhaps"}),
        error("FK117", option(_READ_ONLY)),
    ),
    "claims-in-capitals": (configured({_CLAIMS: "Data:/data"}), error("FK137", option(_CLAIMS))),
    "claims-of-60-letters": (configured({_CLAIMS: f"{'a' * 60}:/data"}), error("FK137", option(_CLAIMS))),
    "claims-of-59-letters": (configured({_CLAIMS: f"{'a' * 59}:/data"}), _NOTHING),
    "claims-at-a-relative-path": (configured({_CLAIMS: "data:data"}), error("FK137", option(_CLAIMS))),
    "claims-at-one-path": (
        configured({f"{_CLAIMS}.a": "/data", f"{_CLAIMS}.b": "/data"}),
        error("FK137", option(f"{_CLAIMS}.a")),
    ),
    "claims-beside-a-volume": (
        configured({_CLAIMS: "data:/data"}, podTemplate={"spec": {"volumes": [{"name": "data-pvc"}]}}),
        error("FK137", option(_CLAIMS)),
    ),
    "claims-on-2.2": (
        configured({_CLAIMS: "Data:data"}, flinkVersion="v2_2"),
        warning("FK504", option(_CLAIMS)),
    ),
    "labels-of-services": (configured({"kubernetes.internal-service.labels": "a:b"}), _NOTHING),
    "labels-of-services-on-2.1": (
        configured({"kubernetes.rest-service.labels": "a:b"}, flinkVersion="v2_1"),
        warning("FK504", option("kubernetes.rest-service.labels")),
    ),
    "annotations-of-the-rest-service-on-2.1": (
        configured({"kubernetes.rest-service.annotations": "a:b"}, flinkVersion="v2_1"),
        _NOTHING,
    ),
    "hash-in-the-jar-of-flink-1": (
        _version("v1_20", "local:///opt/job.jar#x"),
        error("FK129", _JAR),
    ),
}

_TLS: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "without-a-store": (configured(_SPEAKS_TLS), error("FK138", option(_REST_TLS))),
    "with-its-store": (configured(_SPEAKS_TLS | _STORE), _NOTHING),
    "off": (configured({_REST_TLS: False}), _NOTHING),
    "perhaps": (configured({_REST_TLS: "perhaps"}), error("FK117", option(_REST_TLS))),
    "with-the-store-for-everything": (
        configured(_SPEAKS_TLS | {key.replace(".rest.", "."): value for key, value in _STORE.items()}),
        _NOTHING,
    ),
    "without-a-password": (
        configured(_SPEAKS_TLS | {"security.ssl.rest.keystore": "/k.p12"}),
        error("FK138", option(_REST_TLS)),
    ),
    "with-passwords-from-variables": (
        configured(
            _SPEAKS_TLS
            | {
                "security.ssl.rest.keystore": "/k.p12",
                "kubernetes.jobmanager.entrypoint.args": (
                    "-D security.ssl.rest.keystore-password=$P -D security.ssl.rest.key-password=$P"
                ),
            }
        ),
        _NOTHING,
    ),
    "for-everything-on-1.20": (
        configured({"security.ssl.enabled": True}, flinkVersion="v1_20"),
        error("FK138", option("security.ssl.enabled")),
    ),
    "for-everything-on-2.3": (
        configured({"security.ssl.enabled": True}),
        warning("FK504", option("security.ssl.enabled")),
    ),
    "for-everything-but-the-rest": (
        configured({"security.ssl.enabled": True, _REST_TLS: False}, flinkVersion="v1_20"),
        _NOTHING,
    ),
    "that-asks-for-certificates": (configured(_SPEAKS_TLS | _STORE | _ASKS | _TRUSTS), _NOTHING),
    "that-asks-without-a-truststore": (
        configured(_SPEAKS_TLS | _STORE | _ASKS),
        warning("FK505", option(_AUTHENTICATION)),
    ),
    "that-asks-without-the-truststores-password": (
        configured(_SPEAKS_TLS | _STORE | _ASKS | {"security.ssl.rest.truststore": "/t.p12"}),
        error("FK138", option(_REST_TLS)),
    ),
    "that-is-off-and-asks": (configured(_ASKS), warning("FK505", option(_AUTHENTICATION))),
}

_INGRESSES: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "host-of-63-letters-between-dots": (application(name="a" * 32, ingress=_LONG), _NOTHING),
    "host-of-64-letters-between-dots": (application(name="a" * 33, ingress=_LONG), error("FK125", _INGRESS)),
    "host-with-a-name-that-is-wrong": (
        application(name="Orders", ingress=_LONG),
        error("FK101", "metadata.name"),
    ),
    "host-of-blue-green": (blue_green(name="a" * 33, ingress=_LONG), error("FK125", _INGRESS)),
    "host-in-a-template-of-blue-green": (
        blue_green(application(ingress=_LONG), name="a" * 30),  # the child's name has -green after it
        error("FK125", "spec.template.spec.ingress.template"),
    ),
    "query": (application(ingress={"template": "example.com/a?b=c"}), warning("FK505", _INGRESS)),
    "fragment": (application(ingress={"template": "/a#b"}), warning("FK505", _INGRESS)),
}

CASES = (
    *(Case(f"job-jar-{name}", raw, expected) for name, (raw, expected) in _JOB_JARS.items()),
    *(Case(f"cluster-{name}", raw, expected) for name, (raw, expected) in _OPTIONS.items()),
    *(Case(f"tls-{name}", raw, expected) for name, (raw, expected) in _TLS.items()),
    *(Case(f"ingress-{name}", raw, expected) for name, (raw, expected) in _INGRESSES.items()),
    Case(
        "job-jar-of-a-newer-version-before",
        _version("v1_18", "s3://bucket/job.jar"),
        error("FK134", _JAR) | warning("FK501", "spec.flinkVersion"),
        old=_version("v1_19", "s3://bucket/job.jar"),
    ),
    Case(
        "job-jar-that-was-remote-before",
        _version("v1_18", "s3://bucket/job.jar", image="flink:1.18.1"),
        warning("FK134", _JAR) | warning("FK501", "spec.flinkVersion"),
        old=_version("v1_18", "s3://bucket/job.jar"),
    ),
    Case(
        "cluster-template-file-of-the-operator",
        application(),
        error("FK135", option(_TEMPLATE_FILE)),
        operator={_TEMPLATE_FILE: "/templates/pod.yaml"},
    ),
    Case(
        "tls-of-the-operator", application(), error("FK138", option(_REST_TLS)), operator={_REST_TLS: "true"}
    ),
    Case(
        "tls-of-the-operator-with-a-store-of-the-job",
        configured(_STORE),
        operator={_REST_TLS: "true"},
    ),
)
