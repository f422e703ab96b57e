"""The cases: together they reach every decorator of Flink's client."""

from tests.originals.case import FOLDER, Case
from tests.originals.templates import SIDECAR, TEMPLATE, TEMPLATE_WITH_PROBE

_HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "file:///flink-data/ha"}

_QUOTED = "'''quoted'':''a:b''',\"its:\"\"say: hi\"\"\",note: spaced out "
_ODD_VALUES = (
    *("yes", "null", "~", "1e3", "0x10", "010", "1_000", "12:30", "2026-11-21", ".5", "+1", "NaN", "-"),
    *("a: b", "- x", "[a, b]", "{a: b}", "*x", "&a", "!t", "%p", "@q", "`b`", "#c", "a #c", "? k", "|", ">"),
    *(" blank ", "two\nlines", "line\n", "tab\there", "'", '"', "\\", "it's", "ä€😀", "\u00a0", "a;b", "<<"),
)

CASES = (
    Case("plain"),
    Case(
        "metadata",
        {
            "kubernetes.jobmanager.labels": "team:a,app:stolen,cost-center:b",
            "kubernetes.jobmanager.annotations": "note:a,'link:''http://example.com:80/a,b'''",
            "kubernetes.jobmanager.node-selector": "disk:ssd,zone:b",
            "kubernetes.jobmanager.tolerations": (
                "key:k1,operator:Equal,value:v1,effect:NoSchedule;"
                "key:k2,operator:Exists,effect:NoExecute,tolerationSeconds:60"
            ),
            "kubernetes.taskmanager.labels": "team:t",
            "kubernetes.taskmanager.tolerations": "key:k3,operator:Exists",
            "kubernetes.jobmanager.service-account": "job-manager",
            "kubernetes.taskmanager.service-account": "task-manager",
        },
        arguments=("--in", "a b;c", "it's", 'say "hi"', "", "--k=v,w", "ä"),
    ),
    Case(
        "container",
        {
            "kubernetes.secrets": "credentials:/opt/credentials,other:/opt/other",
            "kubernetes.env.secretKeyRef": "env:USER,secret:credentials,key:user;env:PW,secret:other,key:pw",
            "kubernetes.container.image.pull-secrets": "registry;registry-2",
            "kubernetes.container.image.pull-policy": "Always",
            "kubernetes.entry.path": "/opt/entry.sh",
            "kubernetes.flink.conf.dir": "/etc/flink",
            "kubernetes.flink.log.dir": "/var/log/flink",
            "kubernetes.jobmanager.entrypoint.args": "-Dx=y --flag",
            "kubernetes.taskmanager.entrypoint.args": "-Dz=1",
            "containerized.master.env.MASTER": "a",
            "containerized.master.env.ANOTHER": "b=c,d",
            "containerized.taskmanager.env.WORKER": "c",
            "user.artifacts.base-dir": "/opt/jars",
        },
    ),
    Case(
        "limits",
        {
            "jobmanager.memory.process.size": "1100m",
            "kubernetes.jobmanager.cpu.amount": "0.1",
            "kubernetes.jobmanager.cpu.limit-factor": "3.0",
            "kubernetes.jobmanager.memory.limit-factor": "1.1",
            "kubernetes.taskmanager.cpu.limit-factor": "2.0",
        },
    ),
    Case(
        "resources",
        spec={
            "jobManager": {
                "resources": {
                    "requests": {"memory": "1Gi", "cpu": "500m"},
                    "limits": {"memory": "1536Mi", "cpu": "1"},
                }
            },
            "taskManager": {"resource": {"memory": "2Gi", "cpu": 1.5}, "replicas": 2},
        },
        client={
            "jobmanager.memory.process.size": "1073741824 bytes",
            "kubernetes.jobmanager.cpu.amount": "0.5",
            "kubernetes.jobmanager.memory.limit-factor": "1.5",
            "kubernetes.jobmanager.cpu.limit-factor": "2.0",
            "kubernetes.jobmanager.replicas": "1",
            "taskmanager.memory.process.size": "2147483648 bytes",
            "kubernetes.taskmanager.cpu.amount": "1.5",
            "kubernetes.internal.taskmanager.replicas": "2",
        },
    ),
    Case(
        "node-port",
        {
            "kubernetes.rest-service.exposed.type": "NodePort",
            "rest.port": "9091",
            "rest.bind-port": "9092",
            "jobmanager.rpc.port": "7123",
            "blob.server.port": "7124",
            "taskmanager.rpc.port": "7122",
        },
    ),
    Case(
        "load-balancer",
        {
            "kubernetes.rest-service.exposed.type": "LoadBalancer",
            "kubernetes.rest-service.annotations": "lb/type:internal,note:a",
            "rest.bind-port": "0",
        },
    ),
    Case("headless", {"kubernetes.rest-service.exposed.type": "Headless_ClusterIP"}),
    Case(
        "services",
        {
            "kubernetes.rest-service.annotations": "note:rest",
            "kubernetes.rest-service.labels": "team:a,app:stolen",
            "kubernetes.internal-service.annotations": "note:internal",
            "kubernetes.internal-service.labels": "team:b,type:stolen",
        },
    ),
    Case(
        "high-availability",
        _HA,
        spec={"jobManager": {"replicas": 2}},
        client={"kubernetes.jobmanager.replicas": "2"},
    ),
    Case(
        "template",
        {
            "kubernetes.jobmanager.labels": "team:a",
            "kubernetes.jobmanager.annotations": "note:a",
            "kubernetes.jobmanager.node-selector": "disk:ssd",
            "kubernetes.jobmanager.tolerations": "key:k1,operator:Exists",
            "kubernetes.container.image.pull-secrets": "registry",
            "kubernetes.secrets": "credentials:/opt/credentials",
            "containerized.master.env.MASTER": "a",
        },
        template=TEMPLATE,
        client_template=TEMPLATE_WITH_PROBE,
        startup_probe=True,
    ),
    Case("host-network", {"kubernetes.hostnetwork.enabled": "true"}, template=TEMPLATE),
    Case("hadoop", {"kubernetes.hadoop.conf.config-map.name": "hadoop"}),
    Case(
        "hadoop-files",
        hadoop={"core-site.xml": "<configuration/>", "hdfs-site.xml": "<configuration></configuration>"},
    ),
    Case(
        "kerberos",
        {
            "security.kerberos.login.keytab": f"{FOLDER}/user.keytab",
            "security.kerberos.login.principal": "user@EXAMPLE.COM",
            "security.kerberos.krb5-conf.path": f"{FOLDER}/realm.conf",
        },
        files={"user.keytab": "keys", "realm.conf": "[libdefaults]\n"},
    ),
    Case(
        "mounts-off",
        {
            "kubernetes.hadoop.conf.config-map.name": "hadoop",
            "kubernetes.decorator.hadoop-conf-mount.enabled": "false",
            "security.kerberos.login.keytab": f"{FOLDER}/user.keytab",
            "security.kerberos.login.principal": "user@EXAMPLE.COM",
            "security.kerberos.krb5-conf.path": f"{FOLDER}/realm.conf",
            "kubernetes.decorator.kerberos-mount.enabled": "false",
        },
        files={"user.keytab": "keys", "realm.conf": "[libdefaults]\n"},
    ),
    Case(
        "volume-claims",
        {
            "kubernetes.persistent-volume-claims": "checkpoints:/checkpoints,jars:/jars",
            "kubernetes.persistent-volume-claim-read-only": "true",
        },
    ),
    Case(
        "volume-claims-with-dots",
        {"kubernetes.persistent-volume-claims": f"{'l.o' * 18}:/b,data.v1:/a"},
        releases=("2.3",),
    ),
    Case("session", session=True),
    Case(
        "log-configuration",
        spec={"logConfiguration": {"log4j-console.properties": "rootLogger.level = INFO\n"}},
        template={"metadata": {"labels": {"team": "a"}}},
    ),
    Case(
        "bare-template",
        template={
            "metadata": {"annotations": {"note": "template"}},
            "spec": {"hostNetwork": True, "containers": [SIDECAR]},
        },
    ),
    Case(
        "zookeeper",
        {
            "high-availability.type": "zookeeper",
            "high-availability.storageDir": "file:///flink-data/ha",
            "high-availability.zookeeper.quorum": "zk-0:2181,zk-1:2181",
            "high-availability.jobmanager.port": "7777",
        },
    ),
    Case(
        "older-keys",
        {
            "high-availability": "kubernetes",
            "high-availability.storageDir": "file:///flink-data/ha",
            "kubernetes.jobmanager.cpu": "0.5",
            "web.port": "9091",
        },
        releases=("1.20",),
    ),
    Case(
        "maps-in-parts",
        {
            "kubernetes.jobmanager.labels.team": "a",
            "kubernetes.jobmanager.labels.example.com/tier": "b",
            "kubernetes.jobmanager.node-selector.disk": "ssd",
            "kubernetes.rest-service.annotations.note": "rest",
            "kubernetes.secrets.credentials": "/opt/credentials",
        },
    ),
    Case(
        "empty-options",
        {
            "kubernetes.jobmanager.labels": "",
            "kubernetes.jobmanager.tolerations": "",
            "kubernetes.jobmanager.entrypoint.args": "",
            "kubernetes.secrets": "",
            "kubernetes.container.image.pull-secrets": "",
        },
    ),
    Case(
        "overridden",
        {
            "rest.bind-address": "10.0.0.9",
            "rest.address": "mine",
            "jobmanager.bind-host": "10.0.0.9",
            "taskmanager.bind-host": "10.0.0.9",
            "taskmanager.host": "mine",
            "jobmanager.rpc.address": "mine",
            "blob.server.port": "0",
            "taskmanager.rpc.port": "0",
            "kubernetes.rest-service.exposed.node-port-address-type": "ExternalIP",
            "internal.cluster.execution-mode": "DETACHED",
            "web.cancel.enable": "true",
            "pipeline.name": "mine",
            "execution.submit-failed-job-on-application-error": "false",
            "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
        },
    ),
    Case(
        "odd-entries",
        {
            "kubernetes.jobmanager.labels": "team:a , tier:b",
            "kubernetes.jobmanager.annotations": _QUOTED,
            "kubernetes.jobmanager.tolerations": (
                "operator:Exists;key:a,value:b;effect:NoExecute,operator:Exists"
            ),
            "kubernetes.env.secretKeyRef": "key:k,secret:s,env:A;env:B,secret:s,key:k2",
            "kubernetes.container.image.pull-secrets": "one ; 'two'",
            "kubernetes.jobmanager.cpu.amount": "2",
            "kubernetes.jobmanager.cpu.limit-factor": "1.25",
            "kubernetes.jobmanager.memory.limit-factor": "1",
            "kubernetes.hostnetwork.enabled": "TRUE",
            "containerized.master.env.DOTTED.NAME": "a",
            "containerized.master.env.EMPTY_LOOKING": "''",
        },
    ),
    Case(
        "names-in-small-letters",
        {
            "kubernetes.rest-service.exposed.type": "nodeport",
            "kubernetes.container.image.pull-policy": "always",
            "high-availability.type": "none",
        },
    ),
    Case(
        "yaml-notation",
        {
            "kubernetes.jobmanager.labels": "{team: a, tier: 'b'}",
            "kubernetes.jobmanager.node-selector": "disk: ssd",
            "kubernetes.jobmanager.tolerations": "[{key: a, operator: Exists}, {key: b, value: c}]",
            "kubernetes.container.image.pull-secrets": "[one, 'two']",
            "kubernetes.secrets": "{credentials: /opt/credentials}",
        },
        releases=("2.3",),
    ),
    Case(
        "odd-values",
        {f"my.value.v{number}": value for number, value in enumerate(_ODD_VALUES)},
        releases=("2.3",),
    ),
    Case(
        "remote-jar",
        {
            "user.artifacts.artifact-list": "https://example.com/a.jar;s3://bucket/b.jar",
            "user.artifacts.http-headers": "Authorization:none",
        },
        jar="https://example.com/job.jar",
    ),
    Case(
        "session-high-availability",
        {**_HA, "kubernetes.jobmanager.entrypoint.args": "-Dx=y", "kubernetes.secrets": "s:/opt/s"},
        template=TEMPLATE,
        session=True,
    ),
)
BY_NAME = {case.name: case for case in CASES}
