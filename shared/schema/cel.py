"""Rules that the API server checks itself, webhook or not, as CEL (x-kubernetes-validations).

Each repeats a rule of shared.rules, under the same code and never stricter. It sits on the smallest node that
holds what it looks at: the API server skips a node that an update leaves as it was (KEP-4008), so that an old
object which breaks a new rule can still be mended elsewhere.
"""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CelRule:
    """A rule on a model, or on one of its fields (`requests`; `requests.*` for that mapping's values)."""

    code: str
    rule: str
    message: str
    field: str = ""
    path: str = ""
    """Where kubectl says the fault is, below the node: `.job.parallelism`."""
    is_about_absence: bool = False
    """kubectl then says `Required value` instead of `Invalid value`."""
    tolerated: str = ""
    """When an update may break it, in terms of `self` and `old`: for rules about several fields, whose node
    changes with any of them, so that what was wrong before may stay."""

    def validation(self) -> dict[str, Any]:
        """The entry of x-kubernetes-validations."""
        entry: dict[str, Any] = {"rule": self.rule, "message": f"{self.message} [{self.code}]"}
        if self.tolerated:
            tolerated = re.sub(r"\bold\b", "oldSelf.value()", self.tolerated)
            entry["rule"] = f"({self.rule}) || (oldSelf.hasValue() && {tolerated})"
            entry["optionalOldSelf"] = True
        if self.path:
            entry["fieldPath"] = self.path
        if self.is_about_absence:
            entry["reason"] = "FieldValueRequired"
        return entry


def broken_before(rule: str) -> str:
    """For `tolerated`: the old object broke the rule too."""
    return "!(" + re.sub(r"\bself\b", "old", rule) + ")"


def unchanged(path: str) -> str:
    """For `tolerated`: the optional field (`spec.mode`) is as it was."""
    return f"(has(self.{path}) ? has(old.{path}) && old.{path} == self.{path} : !has(old.{path}))"
