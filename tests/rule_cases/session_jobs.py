"""FlinkSessionJobs: the job, its jar, and its cluster."""

from collections.abc import Mapping

from tests.rule_cases.case import Case, Found, Json, error, option, warning
from tests.rule_cases.resources import (
    CHECKPOINTS,
    SAVEPOINTS,
    application,
    blue_green,
    session_cluster,
    session_job,
)

_OPERATOR = "kubernetes.operator."
_JAR = "spec.job.jarURI"
_CLUSTER = "spec.deploymentName"
_LAST_STATE = "spec.job.upgradeMode"
_ALLOWED = f"{_OPERATOR}user.artifacts.allowed-schemes"
_RESTRICTED = f"{_OPERATOR}user.artifacts.disallow-restricted-hosts"
_SHA256 = f"{_OPERATOR}user.artifacts.sha256"
_ALLOWS_LAST_STATE = {f"{_OPERATOR}session-job.upgrade.last-state.enabled": "true"}
_NEEDS_SAVEPOINTS = option("execution.checkpointing.savepoint-dir")
_NEEDS_CHECKPOINTS = option("execution.checkpointing.dir")
_NOTHING: frozenset[Found] = frozenset()
_JOB_KEEPS_STATE = session_job({"upgradeMode": "savepoint"})
_STATE = CHECKPOINTS | SAVEPOINTS

_ALONE: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "job": (session_job(), _NOTHING),
    "job-without-jar": (session_job({"jarURI": None}), _NOTHING),
    "job-without-cluster": (session_job(deploymentName=None), error("FK201", _CLUSTER)),
    "job-with-empty-cluster": (session_job(deploymentName=""), error("FK201", _CLUSTER)),
    "job-on-an-impossible-cluster": (session_job(deploymentName="Cluster"), error("FK101", _CLUSTER)),
    "job-is-missing": (session_job(job=None), error("FK202", "spec.job")),
    "job-with-parallelism-0": (session_job({"parallelism": 0}), error("FK108", "spec.job.parallelism")),
    "job-with-last-state": (
        session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        error("FK203", _LAST_STATE),
    ),
    "job-allows-itself-last-state": (
        session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS | _ALLOWS_LAST_STATE),
        error("FK203", _LAST_STATE) | warning("FK505", option(next(iter(_ALLOWS_LAST_STATE)))),
    ),
    "job-with-savepoint": (
        session_job({"upgradeMode": "savepoint"}, flinkConfiguration=_STATE),
        _NOTHING,
    ),
    "job-with-unreadable-option": (
        session_job(flinkConfiguration={f"{_OPERATOR}job.restart.failed": "maybe"}),
        error("FK117", option(f"{_OPERATOR}job.restart.failed")),
    ),
    "job-with-digest-of-its-jar": (
        session_job(flinkConfiguration={_SHA256: "0123456789abcdefABCDEF" + 42 * "0"}),
        _NOTHING,
    ),
    "job-with-malformed-digest-of-its-jar": (
        session_job(flinkConfiguration={_SHA256: 63 * "0"}),
        error("FK117", option(_SHA256)),
    ),
    "job-chooses-how-large-its-jar-may-be": (
        session_job(flinkConfiguration={f"{_OPERATOR}user.artifacts.max-size": "9 gb"}),
        warning("FK505", option(f"{_OPERATOR}user.artifacts.max-size")),
    ),
    "job-with-autoscaler-out-of-bounds": (
        session_job(
            flinkConfiguration={"job.autoscaler.enabled": True, "job.autoscaler.utilization.target": 2}
        ),
        error("FK131", option("job.autoscaler.utilization.target")),
    ),
}

_JARS: Mapping[str, str | None] = {
    "https://repository.example.com/job.jar": None,
    "HTTPS://user@repository.example.com:8443/a%20b.jar?version=1#x": None,
    "https://8.8.8.8/job.jar": None,
    "https://[2606:4700::1111]/job.jar": None,
    "": "FK207",
    "job.jar": "FK207",
    "/opt/job.jar": "FK207",
    "https:": "FK207",
    "https://": "FK207",
    "https://example.com/a b.jar": "FK207",
    "https://example.com/%zz.jar": "FK207",
    "https://example.com/a[1].jar": "FK207",
    "local:///opt/job.jar": "FK208",
    "http://example.com/job.jar": "FK208",
    "s3://bucket/job.jar": "FK208",
    "file:///etc/passwd": "FK208",
    "https:///job.jar": "FK209",
    "https:job.jar": "FK209",
    "https://a_host/job.jar": "FK209",
    "https://example.com:port/job.jar": "FK209",
    "https://256.0.0.1/job.jar": "FK209",
    "https://localhost/job.jar": "FK209",
    "https://api.LOCALHOST./job.jar": "FK209",
    "https://127.0.0.1/job.jar": "FK209",
    "https://127.1/job.jar": "FK209",
    "https://2130706433/job.jar": "FK209",
    "https://10.0.0.1/job.jar": "FK209",
    "https://172.16.0.1/job.jar": "FK209",
    "https://192.168.0.1/job.jar": "FK209",
    "https://169.254.169.254/latest/meta-data": "FK209",
    "https://0.0.0.0/job.jar": "FK209",
    "https://224.0.0.1/job.jar": "FK209",
    "https://[::1]/job.jar": "FK209",
    "https://[::]/job.jar": "FK209",
    "https://[fe80::1%25eth0]/job.jar": "FK209",
    "https://[fec0::1]/job.jar": "FK209",
    "https://[ff02::1]/job.jar": "FK209",
    "https://[::ffff:10.0.0.1]/job.jar": "FK209",
    "https://[::ffff:8.8.8.8]/job.jar": None,
    "https://[64:ff9b::a00:1]/job.jar": "FK209",
    "https://[2002:a00:1::]/job.jar": "FK209",
    "https://[fd00:ec2::254]/job.jar": "FK209",
    "https://0x7f000001/job.jar": "FK209",
    "https://0177.0.0.1/job.jar": "FK209",
    "https://127.0.0.1./job.jar": "FK209",
    "https://134744072/job.jar": "FK209",
    "https://100.100.100.200/job.jar": "FK209",
    "https://168.63.129.16/job.jar": "FK209",
}

_WITH_OTHERS: Mapping[str, tuple[Json, list[Json], frozenset[Found]]] = {
    "cluster-is-there": (session_job(), [session_cluster()], _NOTHING),
    "cluster-is-not-there-yet": (session_job(), [session_cluster("other")], warning("FK206", _CLUSTER)),
    "cluster-is-an-application": (session_job(), [application(name="cluster")], error("FK205", _CLUSTER)),
    "cluster-of-another-kind": (session_job(), [blue_green(name="cluster")], warning("FK206", _CLUSTER)),
    "cluster-has-directories": (
        _JOB_KEEPS_STATE,
        [session_cluster(flinkConfiguration=_STATE)],
        _NOTHING,
    ),
    "job-overrides-its-cluster": (
        session_job({"upgradeMode": "savepoint"}, flinkConfiguration={"execution.checkpointing.dir": ""}),
        [session_cluster(flinkConfiguration=_STATE)],
        error("FK106", _NEEDS_CHECKPOINTS),
    ),
    "cluster-has-no-directories": (
        _JOB_KEEPS_STATE,
        [session_cluster()],
        error("FK106", _NEEDS_CHECKPOINTS) | error("FK107", _NEEDS_SAVEPOINTS),
    ),
    "directories-of-a-missing-cluster": (
        _JOB_KEEPS_STATE,
        [],
        warning("FK106", _NEEDS_CHECKPOINTS)
        | warning("FK107", _NEEDS_SAVEPOINTS)
        | warning("FK206", _CLUSTER),
    ),
    "cluster-has-autoscaler-out-of-bounds": (
        session_job(flinkConfiguration={"job.autoscaler.enabled": True}),
        [session_cluster(flinkConfiguration={"job.autoscaler.utilization.target": 2})],
        error("FK131", option("job.autoscaler.utilization.target")),
    ),
    "cluster-has-unreadable-autoscaler-option": (
        session_job(flinkConfiguration={"job.autoscaler.enabled": True}),
        [session_cluster(flinkConfiguration={"job.autoscaler.utilization.target": "high"})],
        error("FK117", option("job.autoscaler.utilization.target")),
    ),
    "cluster-that-cannot-be-read": (
        session_job(),
        [session_cluster() | {"spec": {"flinkConfiguration": 5, "flinkVersion": [], "job": None}}],
        _NOTHING,
    ),
}

CASES = (
    *(Case(name, raw, expected) for name, (raw, expected) in _ALONE.items()),
    *(
        Case(f"jar-{uri}", session_job({"jarURI": uri}), error(code, _JAR) if code else _NOTHING)
        for uri, code in _JARS.items()
    ),
    *(Case(name, raw, expected, others=others) for name, (raw, others, expected) in _WITH_OTHERS.items()),
    Case("cluster-is-not-known", session_job()),
    Case(
        "directories-of-an-unknown-cluster",
        _JOB_KEEPS_STATE,
        warning("FK106", _NEEDS_CHECKPOINTS) | warning("FK107", _NEEDS_SAVEPOINTS),
    ),
    Case("directories-of-the-operator", _JOB_KEEPS_STATE, operator=_STATE),
    Case(
        "last-state-allowed-by-the-operator",
        session_job({"upgradeMode": "last-state"}, flinkConfiguration=CHECKPOINTS),
        operator=_ALLOWS_LAST_STATE,
    ),
    Case(
        "schemes-of-the-operator",
        session_job({"jarURI": "S3://my_bucket/job.jar"}),
        operator={_ALLOWED: "https;s3"},
    ),
    Case(
        "schemes-of-the-job-do-not-count",
        session_job({"jarURI": "s3://bucket/job.jar"}, flinkConfiguration={_ALLOWED: "s3"}),
        error("FK208", _JAR) | warning("FK505", option(_ALLOWED)),
    ),
    Case(
        "restricted-hosts-allowed-by-the-operator",
        session_job({"jarURI": "https://10.0.0.1/job.jar"}),
        operator={_RESTRICTED: "false"},
    ),
)
