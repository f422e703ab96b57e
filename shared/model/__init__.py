"""The four resources as pydantic models; the CRDs and the reference are generated from them."""

from shared.model.blue_green import FlinkBlueGreenDeployment
from shared.model.deployment import FlinkDeployment
from shared.model.kinds import KINDS, Resource
from shared.model.session_job import FlinkSessionJob
from shared.model.state_snapshot import FlinkStateSnapshot

__all__ = [
    "KINDS",
    "FlinkBlueGreenDeployment",
    "FlinkDeployment",
    "FlinkSessionJob",
    "FlinkStateSnapshot",
    "Resource",
]
