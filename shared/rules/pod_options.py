"""Options that pods are made of: files with templates, Kerberos files, volumes of claims."""

from collections.abc import Iterator

from shared.config.collections import parse_map
from shared.config.flink_versions import RELEASES
from shared.config.kerberos import (
    KEYTAB,
    KRB5,
    OWN_SECRET,
    can_be_of_the_operator,
    kerberos_paths,
    no_such_file,
)
from shared.config.options import MERGE_ARRAYS_BY_NAME, VOLUME_CLAIMS, is_true
from shared.config.pod_templates import (
    NO_TEMPLATE_FILE,
    USE_THE_FIELD,
    has_pod_template,
    template_file_key,
)
from shared.config.volume_claims import claim_problems, claims_key_in, volume_names
from shared.rules.finding import Finding, Severity
from shared.rules.subject import DeploymentUnderReview


def templates_are_in_the_spec(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A template in a file is not read; where the spec has one, the file is of no account."""
    keys: dict[str, bool] = {}
    for name, component in (("jobmanager", it.spec.job_manager), ("taskmanager", it.spec.task_manager)):
        key = template_file_key(it.config, name)
        if key is not None:
            keys[key] = keys.get(key, True) and has_pod_template(it.spec.pod_template, component)
    for key, is_of_no_account in keys.items():
        if not is_of_no_account:
            yield Finding("FK135", _option(key), NO_TEMPLATE_FILE, USE_THE_FIELD)
        elif key in it.own:
            found = "has no effect: spec.podTemplate decides"
            yield Finding("FK505", _option(key), found, "Remove it.", Severity.WARNING)


def kerberos_files_are_the_operators(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Keytab and krb5.conf are files that lie beside the operator's configuration."""
    if KEYTAB.key_in(it.config) is None and KRB5.key not in it.config:
        return
    try:
        paths = kerberos_paths(it.config)
    except ValueError:
        return  # another rule's finding
    for option, path in ((KEYTAB, paths.keytab), (KRB5, paths.krb5)):
        if path and not can_be_of_the_operator(path):
            yield Finding("FK136", _option(option.key_in(it.config) or ""), no_such_file(path), OWN_SECRET)


def claims_can_be_mounted(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Where the version of Flink mounts claims, each has a name, a path and a volume of its own."""
    version = it.spec.flink_version
    if version is None or not RELEASES[version].mounts_volume_claims:
        return
    key = claims_key_in(it.config)
    if key is None:
        return
    below = f"{VOLUME_CLAIMS.key}."
    claims = {name.removeprefix(below): path for name, path in it.config.items() if name.startswith(below)}
    try:
        claims |= parse_map(it.config.get(VOLUME_CLAIMS.key, ""), reads_yaml=RELEASES[version].reads_yaml)
    except ValueError:
        return  # another rule's finding
    found: dict[str, None] = {}
    for component in (it.spec.job_manager, it.spec.task_manager):
        own = component.pod_template if component is not None else None
        found |= dict.fromkeys(claim_problems(claims, _volumes(it, volume_names(own))))
    for problem in found:
        yield Finding("FK137", _option(key), problem)


def _volumes(it: DeploymentUnderReview, own: list[str]) -> set[str]:
    """Names of a component's volumes, its template laid over the common one as pods are made."""
    common = volume_names(it.spec.pod_template)
    by_name = is_true(MERGE_ARRAYS_BY_NAME.read(it.config))
    return {*own, *(common if by_name else common[len(own) :])}


def _option(key: str) -> str:
    return f"spec.flinkConfiguration[{key}]"
