"""What goes wrong between the controller and everything else: armed by steps, met by calls."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


def _named(member: StrEnum) -> str:
    """As Python names it."""
    return f"{type(member).__name__}.{member.name}"


class Target(StrEnum):
    """Which calls a fault waits for."""

    __repr__ = _named

    ANY = "any call"
    READ = "read"
    LIST = "list"
    WRITE = "write"
    STATUS = "status write"
    CREATE = "create"
    MERGE = "patch"
    DELETE = "delete"
    EVENT = "event"
    REST = "any REST call"
    REST_READ = "REST read"
    REST_WRITE = "REST effect"
    UPLOAD = "upload of a jar"
    RUN = "run of a jar"
    DROP = "deletion of a jar"


class Failure(StrEnum):
    """What happens to the call."""

    __repr__ = _named

    REFUSED = "refused"
    """Nobody listens."""
    UNAVAILABLE = "503"
    ERROR = "500"
    HUNG = "hung"
    """No answer, and nothing was done."""
    ANSWER_LOST = "done, answer lost"
    SLOW = "slow"
    EMPTY = "empty answer"
    CONFLICT = "409"
    FORBIDDEN = "403"
    CRASH_BEFORE = "killed before"
    CRASH_AFTER = "killed after"
    FROZEN_BEFORE = "frozen before"
    FROZEN_AFTER = "frozen after"
    MEANWHILE = "something else happens before"


OF_KUBERNETES = (
    Failure.REFUSED,
    Failure.UNAVAILABLE,
    Failure.ERROR,
    Failure.HUNG,
    Failure.ANSWER_LOST,
    Failure.SLOW,
    Failure.CONFLICT,
    Failure.FORBIDDEN,
)
OF_REST = (
    Failure.REFUSED,
    Failure.UNAVAILABLE,
    Failure.ERROR,
    Failure.HUNG,
    Failure.ANSWER_LOST,
    Failure.SLOW,
    Failure.EMPTY,
)
CRASHES = (Failure.CRASH_BEFORE, Failure.CRASH_AFTER)
FREEZES = (Failure.FROZEN_BEFORE, Failure.FROZEN_AFTER)


_OF_JARS = {"jars/upload": Target.UPLOAD, "jars/…/run": Target.RUN, "jars/…": Target.DROP}


class Crash(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Fault:
    """The next calls of a kind fail, after some that do not."""

    target: Target
    failure: Failure
    skip: int = 0
    times: int = 1
    meanwhile: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is about to be made."""

    verb: str
    plural: str
    name: str
    subresource: str = ""
    job: str = ""
    """Id of the job that a call of Flink's REST is about."""

    @property
    def is_rest(self) -> bool:
        return self.plural == "rest"

    @property
    def is_read(self) -> bool:
        return self.verb in {"get", "list", "GET"}

    def meets(self, target: Target) -> bool:
        """Whether a fault with that target concerns this call."""
        if self.is_rest:
            kinds = {Target.ANY, Target.REST, Target.REST_READ if self.is_read else Target.REST_WRITE}
            return target in kinds or target is _OF_JARS.get(self.name)
        if self.plural == "leases":
            return False
        if self.is_read:
            return target in {Target.ANY, Target.READ, Target.LIST if self.verb == "list" else Target.READ}
        if self.plural == "events":
            return target is Target.EVENT
        named = {"create": Target.CREATE, "merge": Target.MERGE, "delete": Target.DELETE}
        return target in {Target.ANY, Target.WRITE, named.get(self.verb, Target.WRITE)} or (
            target is Target.STATUS and self.subresource == "status"
        )

    def __str__(self) -> str:
        if self.is_rest:
            return f"{self.verb} /{self.name}"
        return f"{self.verb} {self.plural}{'/' if self.subresource else ''}{self.subresource}"
