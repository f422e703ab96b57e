"""A real Kubernetes on this machine, without Docker: `python -m tests.cluster --help`."""

from tests.cluster.cluster import Cluster
from tests.cluster.down import down
from tests.cluster.errors import ClusterError
from tests.cluster.programs import Level
from tests.cluster.up import DEFAULT_NAME, up
from tests.progress import Console, Progress, silent

__all__ = ["DEFAULT_NAME", "Cluster", "ClusterError", "Console", "Level", "Progress", "down", "silent", "up"]
