"""The options that the objects of a cluster depend on, read from the cluster's configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

from controller.flink.names import ClusterType
from shared.config.collections import parse_list, parse_map, parse_maps
from shared.config.flink_versions import FlinkRelease
from shared.config.job_manager_memory import job_manager_memory
from shared.config.options import (
    BLOB_SERVER_PORT,
    JOBMANAGER_RPC_PORT,
    REST_BIND_PORT,
    REST_PORT,
    TASK_SLOTS,
    TASKMANAGER_RPC_PORT,
)
from shared.config.process_memory import mebibytes
from shared.config.registry import Option
from shared.config.task_manager_memory import task_manager_memory
from shared.config.values import LIMIT_FACTOR, parse_boolean, parse_decimal
from shared.model.deployment import KubernetesDeploymentMode

T = TypeVar("T")


@dataclass(frozen=True)
class ClusterOptions:
    """Typed access to flat options. Raises ValueError, with the option's name, when one cannot be read."""

    name: str
    namespace: str
    release: FlinkRelease
    """What the cluster's version of Flink knows."""
    mode: KubernetesDeploymentMode
    type: ClusterType
    flat: Mapping[str, str]
    startup_probe: bool
    """Whether the operator adds a startup probe (an operator option, not in `flat`)."""

    def get(self, key: str) -> str | None:
        """The option's text."""
        return self.flat.get(key)

    def first(self, *keys: str) -> str | None:
        """The first of these options that is set."""
        return next((self.flat[key] for key in keys if key in self.flat), None)

    def count(self, key: str, default: int = 1) -> int:
        """A whole number of at least 1."""
        return default if key not in self.flat else self._read(key, _count)

    def number(self, *keys: str) -> Decimal | None:
        """The number of the first of these options that is set."""
        key = next((key for key in keys if key in self.flat), None)
        return None if key is None else self._read(key, _decimal)

    def factor(self, key: str) -> Decimal:
        """What a request is multiplied with to give its limit: 1 by default, and never less."""
        if key in self.flat and not LIMIT_FACTOR.reads(self.flat[key]):
            raise ValueError(f"{key} {LIMIT_FACTOR.expected}, not {self.flat[key]!r}")
        return self.number(key) or Decimal(1)

    def is_true(self, key: str, *, default: bool = False) -> bool:
        """A switch."""
        return default if key not in self.flat else self._read(key, parse_boolean)

    def word(self, key: str, words: tuple[str, ...]) -> str | None:
        """One of some words, which Flink reads in any case."""
        text = self.flat.get(key)
        if text is None:
            return None
        known = {word.lower(): word for word in words}
        if text.strip().lower() not in known:
            raise ValueError(f"{key}: {text!r} is not one of {', '.join(words)}")
        return known[text.strip().lower()]

    def map(self, key: str) -> dict[str, str]:
        """A map option, in one line or as options below its key; empty when it is not set."""
        return {**self.with_prefix(f"{key}."), **self._read(key, self._in_notation(parse_map))}

    def elements(self, key: str) -> list[str]:
        """A list option; empty when it is not set."""
        return self._read(key, self._in_notation(parse_list))

    def maps(self, key: str) -> list[dict[str, str]]:
        """A list of maps; empty when it is not set."""
        return self._read(key, self._in_notation(parse_maps))

    def with_prefix(self, prefix: str) -> dict[str, str]:
        """Options below a prefix, without it, sorted."""
        return {
            key.removeprefix(prefix): self.flat[key] for key in sorted(self.flat) if key.startswith(prefix)
        }

    @property
    def host_network(self) -> bool:
        """Whether the pods use the network of their node."""
        return self.is_true("kubernetes.hostnetwork.enabled")

    @property
    def rest_port(self) -> int:
        """Port of the REST service."""
        return self._port(REST_PORT, 8081)

    @property
    def rpc_port(self) -> int:
        """Port of the JobManager's RPC."""
        return self._port(JOBMANAGER_RPC_PORT, 6123)

    @property
    def blob_port(self) -> int:
        """Port of the blob server."""
        return self._port(BLOB_SERVER_PORT, 6124)

    @property
    def rest_target_port(self) -> int:
        """Port that the JobManager binds; it follows the REST port."""
        return self._port(REST_BIND_PORT, self.rest_port)

    @property
    def task_manager_rpc_port(self) -> int:
        """Port of a TaskManager's RPC."""
        return self._port(TASKMANAGER_RPC_PORT, 6122)

    @property
    def task_slots(self) -> int:
        """Slots of a TaskManager."""
        return self.count(TASK_SLOTS.key)

    @property
    def job_manager_memory_mebibytes(self) -> int:
        """Memory of the JobManager's container."""
        return mebibytes(job_manager_memory(self.flat, self.release.version).process)

    @property
    def task_manager_memory_mebibytes(self) -> int:
        """Memory of a TaskManager's container."""
        return mebibytes(task_manager_memory(self.flat, self.release.version).process)

    def _port(self, option: Option, default: int) -> int:
        value = option.read(self.flat) or str(default)
        if not option.type.reads(value):
            raise ValueError(f"{option.key}: {value!r} is not a port")
        return int(value)

    def _in_notation(self, parse: Callable[..., T]) -> Callable[[str], T]:
        return partial(parse, reads_yaml=self.release.reads_yaml)

    def _read(self, key: str, parse: Callable[[str], T]) -> T:
        """The option, or what is parsed of nothing when it is not set."""
        try:
            return parse(self.flat.get(key, ""))
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _decimal(text: str) -> Decimal:
    return Decimal(repr(parse_decimal(text)))
