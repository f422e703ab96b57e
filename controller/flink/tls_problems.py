"""What a TLS handshake with a JobManager failed on, in words for whoever can mend it."""

import ssl
from collections.abc import Sequence

import aiohttp

from controller.flink.tls_material import MaterialError
from controller.observation import Problem
from shared.config.options import CLIENT_AUTHENTICATION, REST_TLS
from shared.config.rest_tls import TRUST_STORE

NOT_CONFIGURED = "TlsNotConfigured"
"""Reason: the operator has nothing to speak TLS with; nobody was asked."""
FAILED = "TlsFailed"
"""Reason: operator and JobManager came to no terms."""

_EXPIRED, _NOT_YET_VALID = 10, 9
_UNKNOWN_ISSUER = {18, 19, 20, 21}
_OTHER_NAMES = {62, 64}
"""OpenSSL's codes of what it finds wrong with a certificate (X509_V_ERR_…)."""

_PLAIN_HTTP = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}
_REFUSAL = "ALERT_HANDSHAKE_FAILURE"
_ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")
"""Parts of OpenSSL's names for what went wrong; what the other side said has ALERT in its name."""

_RESTART = "Flink reads its keystore when it starts, so restart the JobManager then."
_OF_THE_CHART = "in the operator's Secret (the chart's value tls.secretName)."


def not_configured(error: MaterialError) -> Problem:
    """The operator cannot speak TLS."""
    message = (
        f"The JobManager's REST speaks TLS, and the operator cannot: {error}. How the job is, is not known. "
        "Install the operator with the chart's value tls.create, and ca.crt in the Secret tls.secretName."
    )
    return Problem(NOT_CONFIGURED, message)


def redirected_to_tls(host: str) -> Problem:
    """The JobManager speaks TLS, and nothing that the operator knows of says so."""
    message = (
        f"The JobManager at {host} speaks TLS, and the spec does not say so. "
        f"Set {REST_TLS.key} to true in spec.flinkConfiguration."
    )
    return Problem(FAILED, message)


def handshake_problem(
    error: BaseException, names: Sequence[str], *, shows_certificate: bool
) -> Problem | None:
    """Why no terms were come to; None for what is no failed handshake, or says nothing about the next one.

    `names`: those that the certificate may be for, the host first.
    """
    cause = _of_tls(error)
    match cause:
        case None | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return None
        case ssl.SSLCertVerificationError():
            return Problem(FAILED, _about_certificate(cause, names))
        case _:
            return Problem(FAILED, _about_handshake(cause, names[0], shows_certificate=shows_certificate))


def is_for_other_names(error: BaseException) -> bool:
    """Whether the certificate would do, had it another name."""
    cause = _of_tls(error)
    return isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in _OTHER_NAMES


def _about_certificate(error: ssl.SSLCertVerificationError, names: Sequence[str]) -> str:
    certificate = f"The certificate of the JobManager at {names[0]}"
    if error.verify_code == _EXPIRED:
        return f"{certificate}, or of the authority that issued it, has expired. Renew it. {_RESTART}"
    if error.verify_code == _NOT_YET_VALID:
        return f"{certificate} is not valid yet. Compare the clocks of the nodes, or wait."
    if error.verify_code in _UNKNOWN_ISSUER:
        return (
            f"{certificate} was issued by an authority that the operator does not trust. "
            f"Put the certificate of that authority into ca.crt {_OF_THE_CHART}"
        )
    if error.verify_code in _OTHER_NAMES:
        return f"{certificate} is for other names. Issue it for {' or '.join(names)}. {_RESTART}"
    return f"{certificate} is refused: {error.verify_message}. Issue a better one. {_RESTART}"


def _about_handshake(error: ssl.SSLError, host: str, *, shows_certificate: bool) -> str:
    reason = error.reason or str(error)
    said = reason.rpartition("ALERT_")[2].replace("_", " ").lower()
    job_manager, how = f"The JobManager at {host}", f"put tls.crt and tls.key beside ca.crt {_OF_THE_CHART}"
    if reason in _PLAIN_HTTP:
        return (
            f"{job_manager} speaks plain HTTP, though its options say TLS. "
            f"Look what in its image or its pod template undoes {REST_TLS.key}."
        )
    if "ALERT" in reason and any(word in reason for word in _ABOUT_CERTIFICATES):
        if shows_certificate:
            return (
                f"{job_manager} does not accept the operator's certificate: {said}. "
                f"Put the authority that issued it into {TRUST_STORE}, or give the operator another one."
            )
        return (
            f"{job_manager} wants to see a certificate ({CLIENT_AUTHENTICATION.key}), and the operator has "
            f"none. To give it one, {how}"
        )
    if _REFUSAL in reason and not shows_certificate:
        return (
            f"{job_manager} refuses the handshake. If {CLIENT_AUTHENTICATION.key} is on, it wants to see a "
            f"certificate: {how} Otherwise its key does not go with security.ssl.algorithms."
        )
    return (
        f"The TLS handshake with the JobManager at {host} failed: {said}. The operator speaks TLS 1.2 and "
        "1.3; compare security.ssl.protocol and security.ssl.algorithms."
    )


def _of_tls(error: BaseException) -> ssl.SSLError | None:
    """The error of TLS behind another one. Those of aiohttp are such by their class, and say nothing more."""
    seen: BaseException | None = error
    while isinstance(seen, aiohttp.ClientError) or not isinstance(seen, ssl.SSLError | None):
        seen = seen.__cause__ or seen.__context__
    return seen
