"""The chart, the helm that renders it, and the objects of one rendering."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[3] / "charts" / "flink-operator"
NAMESPACE = "flink-system"
WEBHOOK_CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
COMPONENTS = ("controller", "webhook")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The objects of one rendering."""

    objects: tuple[Manifest, ...]

    def of_kind(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.objects if manifest["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        (manifest,) = (each for each in self.of_kind(kind) if each["metadata"]["name"] == name)
        return manifest

    def deployment(self, component: str) -> Manifest:
        return self.one("Deployment", f"flink-operator-{component}")

    def pod(self, component: str) -> Manifest:
        pod: Manifest = self.deployment(component)["spec"]["template"]["spec"]
        return pod

    def container(self, component: str) -> Manifest:
        (container,) = self.pod(component)["containers"]
        assert isinstance(container, dict)
        return container

    def environment(self, component: str) -> dict[str, str]:
        return {each["name"]: each["value"] for each in self.container(component)["env"] if "value" in each}

    def webhook(self, kind: str) -> Manifest:
        (webhook,) = self.one(kind, f"flink-operator-{NAMESPACE}-webhook-configuration")["webhooks"]
        assert isinstance(webhook, dict)
        return webhook

    def roles(self) -> list[Manifest]:
        return self.of_kind("Role", "ClusterRole")

    def configuration(self) -> str:
        text: str = self.one("ConfigMap", "flink-operator-config")["data"]["config.yaml"]
        return text


@dataclass(frozen=True)
class Chart:
    """The chart and the helm that renders it."""

    helm: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.helm, *arguments], capture_output=True, text=True, timeout=60, check=False
        )

    def template(self, *settings: str) -> subprocess.CompletedProcess[str]:
        # The version is given because a helm built from source takes the cluster for an ancient one.
        return self.run(
            *("template", "flink-operator", str(CHART), "--namespace", NAMESPACE),
            *("--kube-version", "1.35.0", *settings),
        )

    def render(self, *settings: str) -> Rendered:
        result = self.template(*settings)
        assert result.returncode == 0, result.stderr
        documents = yaml.load_all(result.stdout, Loader=yaml.CSafeLoader)
        return Rendered(tuple(document for document in documents if document is not None))

    def refusal(self, *settings: str) -> str:
        result = self.template(*settings)
        assert result.returncode != 0, "the chart rendered"
        return result.stderr


def configuration(options: str) -> tuple[str, str]:
    return "--set-json", f"defaultConfiguration={{{options}}}"
