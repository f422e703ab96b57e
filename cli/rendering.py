"""The objects of a FlinkDeployment as YAML: as they are once its cluster is up, and without secrets."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import yaml

from controller.flink.cluster import Cluster, cluster_objects, owned_by
from controller.flink.ingress import cluster_ingress
from controller.flink.operator_files import OperatorFiles
from controller.flink.pod_template import Json
from shared.config.effective import Submission, validation_configuration
from shared.config.flatten import flatten
from shared.config.options import is_true
from shared.config.sensitive import HIDDEN, is_sensitive
from shared.config.system_options import INGRESS_IS_MANAGED
from shared.model import FlinkDeployment

OPERATORS_FOLDER: Final = "/opt/flink/conf"
"""Where the operator has its files when it runs; options of resources name them so."""

_UID, _DEPLOYMENT_UID, _JOB_ID = "<uid>", "<uid of the Deployment>", "<job id>"
_REFERENCES = ("kubernetes.secrets", "kubernetes.env.secretKeyRef", "kubernetes.container.image.pull-secrets")
"""Options that name Secrets, and hold none."""

_LIKE_A_NUMBER = re.compile(r"[-+]?\.?[0-9][0-9a-fA-FxXoO_.+-]*")
"""To some reader of YAML: 1e3 is text by version 1.1, and a number by 1.2."""


def rendered(
    resource: FlinkDeployment, operator_configuration: Mapping[str, str], files: OperatorFiles
) -> list[Json]:
    """The objects of the first deployment in the order in which they are created.

    What only a cluster knows is in angle brackets. Raises ValueError for options that cannot work.
    """
    operator = {key: _shown(key, value) for key, value in operator_configuration.items()}
    shown = _for_display(resource)
    spec, namespace = shown.spec, shown.metadata.namespace
    job_id, restore_path = (
        (_JOB_ID, spec.job.initial_savepoint_path) if spec.job is not None else (None, None)
    )
    submission = Submission(shown.metadata.generation, job_id, restore_path)
    objects = list(_of_cluster(cluster_objects(shown, submission, operator, files)))
    if is_true(INGRESS_IS_MANAGED.read(operator)):
        ingress = cluster_ingress(shown, validation_configuration(spec, namespace, operator))
        objects += [ingress] if ingress is not None else []
    return objects


def as_yaml(objects: Iterable[Json]) -> str:
    """Documents of a stream, each begun by a line of its own."""
    return "".join(
        f"---\n{yaml.dump(one, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)}"
        for one in objects
    )


def _for_display(resource: FlinkDeployment) -> FlinkDeployment:
    options = flatten(resource.spec.flink_configuration or {})
    hidden = {key: _shown(key, value) for key, value in options.items()}
    metadata = resource.metadata
    known = {"uid": metadata.uid or _UID, "generation": metadata.generation or 1}
    return resource.model_copy(
        update={
            "metadata": metadata.model_copy(update=known),
            "spec": resource.spec.model_copy(update={"flink_configuration": hidden}),
        }
    )


def _shown(key: str, value: str) -> str:
    is_reference = any(name in key for name in _REFERENCES)
    return HIDDEN if is_sensitive(key) and not is_reference else value


def _of_cluster(cluster: Cluster) -> Iterator[Json]:
    deployment = cluster.deployment
    metadata = {**deployment["metadata"], "uid": _DEPLOYMENT_UID}
    spec = {key: value for key, value in deployment["spec"].items() if key != "paused"}
    yield {**deployment, "spec": spec}
    for body in cluster.owned:
        owned = owned_by({"metadata": metadata}, body)
        if body["kind"] == "Secret":
            owned["data"] = dict.fromkeys(body["data"], HIDDEN)
        yield owned
    if cluster.task_manager_deployment is not None:
        yield cluster.task_manager_deployment


class _Dumper(yaml.CSafeDumper):
    """Files in ConfigMaps are written as the lines that they are, and nothing is written as an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """An object is written out wherever it stands."""
        return True


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if _LIKE_A_NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
