"""What went wrong with a jar over http or https, in words for whoever can mend it."""

import ssl
from http import HTTPStatus

import aiohttp

from controller.artifacts.artifact import ArtifactError, Wanted
from controller.artifacts.uri import shown
from shared.config.operator_options import (
    ALLOWED_SCHEMES,
    ARTIFACT_HEADERS,
    ARTIFACT_SECRET,
    RESTRICTED_HOSTS_ARE_DISALLOWED,
)

_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


def connection_problem(uri: str, error: Exception, refused: str) -> ArtifactError:
    """Why there is no answer, or no more of it; `refused`: the address that was not connected to."""
    what = shown(uri)
    if refused:
        return ArtifactError(
            f"{what} is at {refused}, a loopback, private, link-local or multicast address, and nothing was "
            "asked "
            f"of it. Use a public host, or have the operator's option {RESTRICTED_HOSTS_ARE_DISALLOWED.key} "
            "set "
            "to false.",
            transient=False,
        )
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return ArtifactError(
                f"{what}: the TLS handshake failed: {_reason(error)}. If the server's certificate is of an "
                "authority of your own, mount its certificate into the operator and name the file in "
                "SSL_CERT_FILE.",
                transient=False,
            )
        case aiohttp.ClientConnectorDNSError():
            return ArtifactError(
                f"{what}: the host's name has no address. Correct it, or look at the cluster's DNS.",
                transient=True,
            )
        case aiohttp.ClientConnectorError():
            said = error.os_error.strerror or "no connection"
            return ArtifactError(
                f"{what}: cannot connect: {said}. See that the server runs, and that network policies let "
                "the "
                "operator through to it.",
                transient=True,
            )
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | OSError():
            return ArtifactError(
                f"{what}: the connection ended before the jar did. It is tried again.", transient=True
            )
        case aiohttp.InvalidURL():
            return ArtifactError(f"{what} names no valid host. Use a full address.", transient=False)
        case ValueError():
            return ArtifactError(
                f"{what}: the request cannot be made. Look whether {ARTIFACT_HEADERS.key}, or the Secret "
                "that "
                f"{ARTIFACT_SECRET.key} names, holds headers of one line each.",
                transient=False,
            )
        case _:
            return ArtifactError(
                f"{what}: the server's answer cannot be read as HTTP. See what serves there.", transient=True
            )


def status_problem(uri: str, status: int) -> ArtifactError:
    """An answer that is no jar."""
    what = shown(uri)
    said = f"{what}: the server answers {status}"
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return ArtifactError(
                f"{said}: no jar is there. Put it there, or correct jarURI.", transient=False
            )
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN | HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return ArtifactError(
                f"{said}: it wants other credentials. Give them with {ARTIFACT_SECRET.key}; they go to the "
                "host "
                "of jarURI alone, not to where it redirects.",
                transient=False,
            )
        case _ if status in _PASSING or status >= 500:
            return ArtifactError(f"{said}: it has trouble of its own. It is tried again.", transient=True)
        case _:
            return ArtifactError(f"{said} where 200 was expected. Correct jarURI.", transient=False)


def refused_redirect(uri: str, location: str, wanted: Wanted) -> ArtifactError:
    """To another scheme than those allowed, or to no address at all."""
    return ArtifactError(
        f"{shown(uri)} is redirected to {shown(location)[:200]}, which is not followed: only "
        f"{', '.join(scheme for scheme in wanted.schemes if scheme.startswith('http'))} is. Use the address "
        "where "
        f"the jar lies; the operator's option {ALLOWED_SCHEMES.key} lists what is allowed.",
        transient=False,
    )


def _reason(error: aiohttp.ClientError) -> str:
    cause = error.__cause__ or getattr(error, "os_error", None) or getattr(error, "certificate_error", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return str(getattr(cause, "reason", None) or "no common terms").replace("_", " ").lower()
