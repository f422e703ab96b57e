"""Who writes the status of a resource: this controller, or somebody else who acts on the resource too.

What this controller wrote, and what it found when its term began, is remembered as a digest. Any other status
was written by another operator or by a person, unless the API server names this installation as its writer:
that is an answer that got lost, or the last word of a replica that led before.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from controller.cache import Key
from controller.kubernetes_api import FLINK_DEPLOYMENTS, Collection, KubernetesApi, Object
from controller.observation import Rival

log = logging.getLogger(__name__)

QUIET_SECONDS = 120.0
"""So long nothing is done after a foreign write; twice as long each time that it comes again soon after."""
_LONGEST_QUIET = 3600.0


@dataclass(slots=True)
class _Record:
    uid: str
    digests: set[bytes]
    """Of the statuses that were read at first, or written since."""
    writer: str = ""
    quiet_until: float = float("-inf")
    relapses: int = 0


@dataclass(slots=True)
class Authorship:
    """Remembers the statuses of one kind by resource, for as long as this replica leads."""

    api: KubernetesApi
    collection: Collection = FLINK_DEPLOYMENTS
    clock: Callable[[], float] = time.monotonic
    _term: int = 0
    _records: dict[Key, _Record] = field(default_factory=dict)

    async def rival(self, key: Key, raw: Object, term: int) -> Rival | None:
        """Whoever else writes the status of the resource, or did a short while ago. Raises ApiError."""
        if term != self._term:
            self._records.clear()
            self._term = term
        uid = raw["metadata"]["uid"]
        record = self._records.get(key)
        if record is None or record.uid != uid:
            self._records[key] = _Record(uid, {_digest(raw)})
            return None
        is_new = _digest(raw) not in record.digests and await self._is_foreign(key, record)
        remaining = record.quiet_until - self.clock()
        return Rival(record.writer, remaining, is_new) if remaining > 0 else None

    def knows(self, key: Key, raw: Object) -> bool:
        """Whether nobody else wrote that status since the last look."""
        record = self._records.get(key)
        return record is not None and _digest(raw) in record.digests

    def is_about_to_write(self, key: Key, body: Object) -> None:
        """The answer may get lost."""
        if (record := self._records.get(key)) is not None:
            record.digests.add(_digest(body))

    def was_overtaken(self, key: Key, body: Object) -> None:
        """The API server refused the write: a status like it is another's."""
        if (record := self._records.get(key)) is not None:
            record.digests.discard(_digest(body))

    def wrote(self, key: Key, answer: Object) -> None:
        """That is how the API server holds it."""
        if (record := self._records.get(key)) is not None:
            record.digests = {_digest(answer)}

    def forget(self, key: Key) -> None:
        """The resource is gone."""
        self._records.pop(key, None)

    async def _is_foreign(self, key: Key, record: _Record) -> bool:
        """Read live, as a cache may be behind; whether a rival was found that was not there before."""
        live = await self.api.get(self.collection, *key)
        if live is None or _digest(live) in record.digests:
            return False
        record.digests = {_digest(live)}
        writer = _newest_writer(live, self.api.field_manager)
        if writer == self.api.field_manager:
            return False
        now = self.clock()
        is_new = now >= record.quiet_until
        if is_new:
            is_relapse = now - record.quiet_until < QUIET_SECONDS
            record.relapses = record.relapses + 1 if is_relapse else 0
            log.warning("%s/%s: %s writes the status, too", *key, writer)
        record.writer = writer
        record.quiet_until = now + min(_LONGEST_QUIET, QUIET_SECONDS * 2.0**record.relapses)
        return is_new


def _digest(body: Object) -> bytes:
    status = orjson.dumps(body.get("status") or {}, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(status, digest_size=16).digest()


def _newest_writer(body: Object, own: str) -> str:
    """The field manager that changed the status last; of one second, any but our own."""
    entries = body["metadata"].get("managedFields") or []
    written = [one for one in entries if one.get("subresource") == "status"]
    newest = max(written, key=lambda one: (one.get("time", ""), one["manager"] != own), default=None)
    return "an unknown client" if newest is None else str(newest["manager"])
