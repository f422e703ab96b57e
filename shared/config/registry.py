"""What an option is: its names, its type, its default, and where it may be set."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from shared.config.values import TEXT, ValueType


class Scope(StrEnum):
    """Where an option is read from."""

    SYSTEM = "system"
    """The operator's configuration, with its defaults for namespaces and Flink versions; never a resource."""
    ADVANCED = "advanced"
    """As system; there is seldom a reason to change it."""
    RESOURCE = "resource"
    """A resource's flinkConfiguration too."""
    BLUE_GREEN = "blue-green"
    """spec.configuration of a FlinkBlueGreenDeployment, and nothing else."""


class Option(NamedTuple):
    """One option: its name, the older names that are still read, its default and its type."""

    key: str
    """`<name>` in it stands for names of the user's choice."""
    default: str | None = None
    older_keys: tuple[str, ...] = ()
    type: ValueType = TEXT
    scope: Scope = Scope.RESOURCE
    description: str = ""
    """One sentence for tables of options; empty for Flink's own, which Flink describes."""

    def read(self, configuration: Mapping[str, str]) -> str | None:
        """The value, under whichever name it was given, else the default."""
        for key in (self.key, *self.older_keys):
            if key in configuration:
                return configuration[key]
        return self.default

    def key_in(self, configuration: Mapping[str, str]) -> str | None:
        """The name under which the option is set and read, or None."""
        if self.key in configuration:
            return self.key
        for (
            key
        ) in self.older_keys:  # a loop: options are looked up often, and a generator takes twice as long
            if key in configuration:
                return key
        return None

    def is_in(self, configuration: Mapping[str, str]) -> bool:
        """Whether the option is set under any of its names."""
        return self.key_in(configuration) is not None
