"""Annotations by which the owner of a resource controls what the operator does about it.

An annotation changes no generation, and holds whatever the spec says.
"""

from typing import Final

from shared.model.base import Metadata

PAUSED: Final = "flink.apache.org/paused"
"""`true`: nothing is done for the resource until it is taken away; what runs is observed."""
FORCE_DELETION: Final = "flink.apache.org/force-deletion"
"""`true`: the deletion of the resource takes no savepoint, and does not wait long for anything else."""

SWITCHES = (PAUSED, FORCE_DELETION)
ON, OFF = "true", "false"


def is_on(switch: str, metadata: Metadata) -> bool:
    """Whether one of the switches is set. What is neither `true` nor `false` is a finding, and off."""
    return metadata.annotations.get(switch) == ON
