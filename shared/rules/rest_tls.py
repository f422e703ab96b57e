"""TLS of the JobManager's REST: what it does not start without, and what does nothing."""

from collections.abc import Iterator

from shared.config.options import CLIENT_AUTHENTICATION, is_true
from shared.config.rest_tls import (
    TRUST_STORE,
    asks_for_certificates,
    deciding_key,
    missing_options,
    speaks_tls,
)
from shared.rules.finding import Finding, Severity
from shared.rules.subject import DeploymentUnderReview

_ARGUMENTS = "kubernetes.jobmanager.entrypoint.args"
"""A shell reads them: passwords come here from variables, so that they are in no configuration."""


def tls_has_its_stores(it: DeploymentUnderReview) -> Iterator[Finding]:
    """A JobManager that is to speak TLS ends at its start without a keystore and its passwords."""
    arguments, version = it.config.get(_ARGUMENTS, ""), it.spec.flink_version
    missing = [
        name for name in missing_options(it.config, version) if name.rpartition(".")[2] not in arguments
    ]
    key = deciding_key(it.config, version)
    if missing and key is not None:
        found = f"needs {', '.join(missing)}: without, the JobManager ends at its start"
        hint = (
            "Set what is missing; a store is a file in the pod, from kubernetes.secrets or the pod template."
        )
        yield Finding("FK138", f"spec.flinkConfiguration[{key}]", found, hint)


def client_authentication_has_effect(it: DeploymentUnderReview) -> Iterator[Finding]:
    """Whoever switches it on wants nobody without a certificate to come in."""
    version = it.spec.flink_version
    if not is_true(CLIENT_AUTHENTICATION.read(it.config)) or asks_for_certificates(it.config, version):
        return
    path = f"spec.flinkConfiguration[{CLIENT_AUTHENTICATION.key}]"
    if not speaks_tls(it.config, version):
        found, hint = "has no effect: the REST speaks no TLS", "Set security.ssl.rest.enabled to true."
    elif TRUST_STORE.rpartition(".")[2] in it.config.get(_ARGUMENTS, ""):
        return
    else:
        found = "has no effect: without a truststore Flink asks nobody for a certificate"
        hint = f"Set {TRUST_STORE} and its password."
    yield Finding("FK505", path, found, hint, Severity.WARNING)
