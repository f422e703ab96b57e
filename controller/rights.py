"""Whether a cluster's service account may do what Flink does, asked of the API server.

The JobManager tells it in its log alone, and a right to read logs would open much more than that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.kubernetes_api import ApiError, KubernetesApi
from controller.observation import Fact, Known, Unknown
from controller.together import together

_VALID = timedelta(seconds=10)
"""An answer is not asked for again so soon."""


@dataclass(frozen=True, slots=True)
class Right:
    """A verb on a resource, in the namespace of the cluster."""

    verb: str
    resource: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


TASK_MANAGERS = (
    Right("create", "pods"),
    Right("list", "pods"),
    Right("watch", "pods"),
    Right("delete", "pods"),
    Right("get", "deployments", "apps"),
)
"""What a native JobManager needs to make TaskManagers."""
HIGH_AVAILABILITY = (
    Right("create", "configmaps"),
    Right("get", "configmaps"),
    Right("list", "configmaps"),
    Right("watch", "configmaps"),
)
"""What high availability in Kubernetes needs."""


_Question = tuple[str, str, tuple[Right, ...]]


class RightsReader:
    """Asks, and remembers the answers for a moment."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api
        self._answers: dict[_Question, tuple[datetime, Fact[tuple[str, ...]]]] = {}

    async def missing(
        self, namespace: str, account: str, needed: tuple[Right, ...], at: datetime
    ) -> Fact[tuple[str, ...]]:
        """Those that the account does not have, in words; unknown where the operator may not ask."""
        key = (namespace, account, needed)
        asked = self._answers.get(key)
        if asked is not None and timedelta(0) <= at - asked[0] < _VALID:
            return asked[1]
        self._answers = {other: answer for other, answer in self._answers.items() if at - answer[0] < _VALID}
        self._answers[key] = at, await self._ask(namespace, account, needed)
        return self._answers[key][1]

    async def _ask(self, namespace: str, account: str, needed: tuple[Right, ...]) -> Fact[tuple[str, ...]]:
        calls = [
            self._api.is_allowed(namespace, account, right.verb, right.resource, right.group)
            for right in needed
        ]
        try:
            answers = await together(*calls)
        except ApiError as error:
            return Unknown(str(error))
        return Known(tuple(str(right) for right, has in zip(needed, answers, strict=True) if not has))
