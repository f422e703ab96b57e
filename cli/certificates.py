"""`flink-operator certificates`: a certificate for the webhook where there is no cert-manager."""

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from cli.authority import CertificatesError, Pair, make_authority, make_serving_certificate

_FIELD_MANAGER = "flink-operator-certificates"
_KEPT_DAYS = 3650
_CONFIGURATIONS = ("validatingwebhookconfiguration", "mutatingwebhookconfiguration")


def certificates(
    *,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of the release.")] = "flink-system",
    service: Annotated[str, typer.Option(help="The webhook's Service.")] = "flink-operator-webhook-service",
    secret: Annotated[
        str, typer.Option(help="The chart's value webhook.secretName.")
    ] = "flink-operator-webhook-server-cert",  # noqa: S107 - a name
    host: Annotated[
        list[str] | None,
        typer.Option(help="Another name or address to cover, such as localhost. May be repeated."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=36500, help="Life of the certificate.")] = 3650,
    authority: Annotated[
        Path | None,
        typer.Option(
            help="Folder with ca.crt and ca.key: used when there, made and kept otherwise. Without "
            "it each certificate gets an authority of its own, whose key is forgotten."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for secret.yaml, values.yaml, ca.crt, tls.crt and tls.key, in place of "
            "standard output."
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put them into the cluster, with kubectl.")] = False,
    context: Annotated[str | None, typer.Option(help="Context of kubectl for --apply.")] = None,
) -> None:
    """Make the webhook's certificate and the authority that signs it, to do without cert-manager.

    The result is a Secret and a value of the chart. Nothing renews it: run this again before it ends.
    """
    try:
        issued = _issued(namespace, service, host or [], days, authority)
        manifest = secret_manifest(namespace, secret, *issued)
        if apply:
            _apply(namespace, manifest, context)
        if output is not None:
            _write(output, manifest, *issued)
        elif not apply:
            typer.echo(_stream(manifest, issued[0]), nl=False)
    except CertificatesError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def secret_manifest(namespace: str, name: str, authority: Pair, serving: Pair) -> dict[str, Any]:
    """The Secret that the webhook mounts; the chart reads the authority from it."""
    files = {"ca.crt": authority.certificate, "tls.crt": serving.certificate, "tls.key": serving.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace},
        "data": {file: base64.b64encode(content).decode("ascii") for file, content in files.items()},
    }


def chart_values(authority: Pair) -> dict[str, Any]:
    """What the chart is told."""
    bundle = authority.certificate.decode("ascii")
    return {"webhook": {"certManager": {"enabled": False}, "caBundle": bundle}}


def _issued(
    namespace: str, service: str, hosts: Sequence[str], days: int, folder: Path | None
) -> tuple[Pair, Pair]:
    """Authority and serving certificate. Raises CertificatesError."""
    now = datetime.now(UTC)
    authority = make_authority(now, days) if folder is None else _kept_authority(folder, now, days)
    names = [f"{service}.{namespace}.svc", f"{service}.{namespace}.svc.cluster.local", *hosts]
    return authority, make_serving_certificate(authority, names, now, days)


def _kept_authority(folder: Path, now: datetime, days: int) -> Pair:
    """The authority in a folder, made and written if there is none. Raises CertificatesError."""
    certificate, key = folder / "ca.crt", folder / "ca.key"
    try:
        if certificate.exists() or key.exists():
            return Pair(certificate.read_bytes(), key.read_bytes())
        authority = make_authority(now, max(days, _KEPT_DAYS))
        folder.mkdir(parents=True, exist_ok=True)
        _write_file(certificate, authority.certificate)
        _write_file(key, authority.key)
    except OSError as error:
        raise CertificatesError(f"{error.filename}: {error.strerror}") from None
    return authority


def _stream(manifest: Mapping[str, Any], authority: Pair) -> str:
    """For `| kubectl apply -f -`, with the values as a comment before it."""
    comment = "".join(f"# {line}\n" for line in _yaml(chart_values(authority)).splitlines())
    return f"# Values of the chart:\n#\n{comment}---\n{_yaml(manifest)}"


def _write(folder: Path, manifest: Mapping[str, Any], authority: Pair, serving: Pair) -> None:
    """Raises CertificatesError."""
    files = {
        "secret.yaml": _yaml(manifest).encode(),
        "values.yaml": _yaml(chart_values(authority)).encode(),
        "ca.crt": authority.certificate,
        "tls.crt": serving.certificate,
        "tls.key": serving.key,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _write_file(folder / name, content)
    except OSError as error:
        raise CertificatesError(f"{error.filename}: {error.strerror}") from None


def _write_file(file: Path, content: bytes) -> None:
    """For nobody else to read, from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)


def _yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=4096)
    return text


class _Dumper(yaml.SafeDumper):
    """PEM as a block, as people expect it."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _as_block)


def _apply(namespace: str, manifest: Mapping[str, Any], context: str | None) -> None:
    """The authority first, beside the one that is trusted now, so that no pod is refused on the way.

    Raises CertificatesError.
    """
    kubectl = _Kubectl(context)
    for kind in _CONFIGURATIONS:
        _trust(kubectl, kind, f"flink-operator-{namespace}-webhook-configuration", manifest["data"]["ca.crt"])
    manager = f"--field-manager={_FIELD_MANAGER}"
    told = kubectl.run("apply", "--server-side", "--force-conflicts", manager, "-f", "-", given=manifest)
    typer.echo(told, err=True, nl=False)


def _trust(kubectl: "_Kubectl", kind: str, name: str, bundle: str) -> None:
    """Add an authority (PEM in base64) to those of a webhook configuration, if there is one."""
    found = kubectl.run("get", kind, name, "--ignore-not-found", "-o", "json")
    if not found.strip():
        return
    steps = []
    for number, webhook in enumerate(json.loads(found)["webhooks"]):
        trusted = base64.b64decode(webhook["clientConfig"].get("caBundle", ""))
        added = base64.b64decode(bundle)
        if added not in trusted:
            both = base64.b64encode(trusted + b"\n" * (not trusted.endswith(b"\n")) + added).decode("ascii")
            path = f"/webhooks/{number}/clientConfig/caBundle"
            steps.append({"op": "add", "path": path, "value": both})
    if steps:
        typer.echo(
            kubectl.run("patch", kind, name, "--type=json", "-p", json.dumps(steps)), err=True, nl=False
        )


@dataclass(frozen=True, slots=True)
class _Kubectl:
    context: str | None

    def run(self, *arguments: str, given: Mapping[str, Any] | None = None) -> str:
        """What it says. Raises CertificatesError."""
        context = () if self.context is None else ("--context", self.context)
        text = None if given is None else json.dumps(given)
        try:
            done = subprocess.run(
                ["kubectl", *context, *arguments], input=text, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise CertificatesError("--apply needs kubectl, which is not in PATH") from None
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CertificatesError(f"kubectl {arguments[0]} failed: {reason}")
        return done.stdout
