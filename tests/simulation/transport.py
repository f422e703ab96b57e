"""How the controller reaches the simulated world: every call, through the faults that are armed."""

from collections.abc import Callable
from typing import TypeVar, cast

from controller.flink.rest import RestError
from controller.kubernetes_api import ApiError, Collection, Conflict, KubernetesApi, Object, Propagation
from tests.simulation.clock import Clock
from tests.simulation.coverage import Coverage
from tests.simulation.faults import FREEZES, Call, Crash, Failure, Fault
from tests.simulation.promises import PromiseBrokenError
from tests.simulation.server import Server, copied

T = TypeVar("T")
_LATENCY, _SLOW, _TIMEOUT = 0.01, 5.0, 10.0
_FREEZE = 40.0
"""Seconds; longer than a Lease."""


class Line:
    """One replica's connection to the world."""

    def __init__(self, clock: Clock, coverage: Coverage, faults: list[Fault]) -> None:
        self.is_dead = False
        self.frozen_until = 0.0
        self.on_death: Callable[[], None] = lambda: None
        self.on_effect: Callable[[Call], None] = lambda _: None
        self.lease_fails_until = 0.0
        self.writes: list[str] = []
        self.rest_reads: list[str] = []
        self.clock = self._clock = clock
        self._coverage = coverage
        self._faults = faults

    async def call(self, call: Call, effect: Callable[[], T]) -> T:
        """Make the call, as far as it comes."""
        if self.is_dead:
            raise Crash
        await self._clock.sleep(_LATENCY)
        await self._thaw()
        fault = self._take(call)
        failure = None if fault is None else fault.failure
        if failure is not None:
            self._count(call, failure)
        match failure:
            case None | Failure.EMPTY:
                pass
            case Failure.CRASH_BEFORE:
                self._die()
            case Failure.FROZEN_BEFORE:
                await self._freeze()
            case Failure.SLOW:
                await self._clock.sleep(_SLOW)
            case Failure.MEANWHILE if fault is not None:
                fault.meanwhile()
            case Failure.HUNG:
                await self._clock.sleep(_TIMEOUT)
                raise _unanswered(call, "no answer within 10 s")
            case Failure.REFUSED:
                raise _unanswered(call, "connection refused")
            case Failure.UNAVAILABLE | Failure.ERROR | Failure.FORBIDDEN | Failure.CONFLICT:
                raise _refusal(call, int(failure.value))
        if failure is Failure.EMPTY and call.is_read:
            return cast(T, {})
        result = self._had(effect)
        self._note(call)
        if not call.is_read and failure not in FREEZES:  # a frozen one does what its successor would not
            self.on_effect(call)
        match failure:
            case Failure.CRASH_AFTER:
                self._die()
            case Failure.FROZEN_AFTER:
                await self._freeze()
            case Failure.ANSWER_LOST:
                await self._clock.sleep(_TIMEOUT)
                raise _unanswered(call, "no answer within 10 s")
        await self.arrive()
        return result

    async def arrive(self) -> None:
        """An answer reaches the process, if it lives."""
        await self._thaw()
        if self.is_dead:
            raise Crash

    def _had(self, effect: Callable[[], T]) -> T:
        """The controller may take a broken promise for a failure of its own: it is told past it."""
        try:
            return effect()
        except PromiseBrokenError as error:
            self._clock.fail(error)
            raise

    async def _thaw(self) -> None:
        """All that a frozen process does waits."""
        while self._clock.now < self.frozen_until:
            await self._clock.sleep(self.frozen_until - self._clock.now)

    def _take(self, call: Call) -> Fault | None:
        for fault in self._faults:
            if not call.meets(fault.target):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
            return fault
        return None

    def _count(self, call: Call, failure: Failure) -> None:
        kind = "REST" if call.is_rest else "API"
        self._coverage.hit("fault", f"{kind} {failure.value}")
        if failure in {Failure.CRASH_BEFORE, Failure.CRASH_AFTER} and not call.is_read:
            self._coverage.hit("crash point", f"{failure.value} {call}")

    def _note(self, call: Call) -> None:
        if call.is_rest and call.is_read:
            self.rest_reads.append(str(call))
        if not call.is_read and call.plural != "leases":
            self.writes.append(f"{call} {call.name}")

    def _die(self) -> None:
        self.is_dead = True
        self.on_death()
        raise Crash

    async def _freeze(self) -> None:
        self.frozen_until = self._clock.now + _FREEZE
        await self._thaw()


def _unanswered(call: Call, text: str) -> Exception:
    return RestError(f"{call}: {text}") if call.is_rest else ApiError(0, "Timeout", f"{call}: {text}")


def _refusal(call: Call, status: int) -> Exception:
    if call.is_rest:
        return RestError(f"{call}: HTTP {status}", status=status)
    if status == 409:
        return Conflict(409, "Conflict", f"{call}: the object has been modified")
    return ApiError(status, str(status), f"{call}: HTTP {status}")


class SimulatedKubernetes:
    """KubernetesApi's calls on the server in memory."""

    def __init__(self, server: Server, line: Line) -> None:
        self._server = server
        self._line = line
        self.field_manager = "flink-operator.shop.lease"

    @property
    def api(self) -> KubernetesApi:
        """This as what the controller expects."""
        return cast(KubernetesApi, self)

    async def get(self, collection: Collection, _: str, name: str) -> Object | None:
        def effect() -> Object | None:
            found = self._server.find(collection.plural, name)
            return None if found is None else copied(found)

        return await self._line.call(Call("get", collection.plural, name), effect)

    async def list(
        self, collection: Collection, _: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        def effect() -> list[Object]:
            return [copied(one) for one in self._server.selected(collection.plural, labels, fields)]

        return await self._line.call(Call("list", collection.plural, ""), effect)

    async def create(self, collection: Collection, body: Object) -> Object:
        call = Call("create", collection.plural, body["metadata"]["name"])

        def effect() -> Object:
            if self._server.is_terminating and collection.plural != "leases":
                raise ApiError(403, "Forbidden", "the namespace is being terminated")
            return copied(self._server.create(collection.plural, body))

        return await self._line.call(call, effect)

    async def replace(self, collection: Collection, body: Object, *, subresource: str = "") -> Object:
        call = Call("replace", collection.plural, body["metadata"]["name"], subresource)
        return await self._line.call(
            call,
            lambda: copied(self._server.replace(collection.plural, body, subresource, self.field_manager)),
        )

    async def merge(self, collection: Collection, _: str, name: str, patch: Object) -> Object:
        call = Call("merge", collection.plural, name)
        return await self._line.call(call, lambda: copied(self._server.merge(collection.plural, name, patch)))

    async def is_allowed(self, _: str, account: str, verb: str, resource: str, group: str) -> bool:
        del account, verb, resource, group
        return await self._line.call(Call("get", "localsubjectaccessreviews", ""), lambda: True)

    async def delete(
        self, collection: Collection, _: str, name: str, *, uid: str, propagation: Propagation
    ) -> None:
        def effect() -> None:
            try:
                foreground = propagation is Propagation.FOREGROUND
                self._server.delete(collection.plural, name, uid=uid, foreground=foreground)
            except ApiError as error:
                if error.status not in {404, 409}:
                    raise

        await self._line.call(Call("delete", collection.plural, name), effect)
