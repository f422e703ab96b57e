"""What rules may know besides the resource itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The operator's configuration, flat."""

    operator_configuration: Mapping[str, str] = field(default_factory=dict)
