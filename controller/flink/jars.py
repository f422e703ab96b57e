"""Jars on a JobManager, as its REST API has them (Flink's /jars)."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

_MEDIA_TYPE = "application/x-java-archive"


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar that was uploaded."""

    jar_id: str
    """`<uuid>_<name>`."""
    name: str
    """As it was uploaded."""
    uploaded_at: int
    """Milliseconds since the epoch, by the JobManager's clock."""


@dataclass(frozen=True, slots=True)
class RunJar:
    """A job to be made of a jar, for POST /jars/J/run."""

    job_id: str
    """32 hexadecimal digits. Flink refuses it while a job of this id runs."""
    entry_class: str | None = None
    args: tuple[str, ...] = ()
    parallelism: int | None = None
    allow_non_restored_state: bool = False
    savepoint_path: str | None = None
    claim_mode: str | None = None
    """CLAIM, NO_CLAIM or LEGACY; None: as the configuration says, and NO_CLAIM without."""
    claim_mode_field: str = "claimMode"
    """How the JobManager's version calls it (`FlinkRelease.claim_mode_field`)."""
    configuration: Mapping[str, str] | None = None
    """Options of the job; None for versions before 1.17, which take none."""


class Upload:
    """The body of /jars/upload, sent as the content comes, with no length announced.

    When the content breaks off, the form still ends well, with a second file in it. Flink refuses that and
    deletes what came; of a connection that breaks, it keeps the part until its process ends.
    """

    def __init__(self, name: str, chunks: AsyncIterable[bytes]) -> None:
        self._name, self._chunks = name, chunks
        self._boundary = uuid4().hex
        self.error: Exception | None = None
        """What broke the content off."""

    @property
    def headers(self) -> dict[str, str]:
        """Of the request."""
        return {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._file("jarfile", self._name)
        try:
            async for chunk in self._chunks:
                yield chunk
        except Exception as error:  # noqa: BLE001 - told once Flink has let go of what came
            self.error = error
            yield b"\r\n" + self._file("broken", "off.jar")
        yield f"\r\n--{self._boundary}--\r\n".encode()

    def _file(self, field: str, name: str) -> bytes:
        disposition = f'form-data; name="{field}"; filename="{name}"'
        return (
            f"--{self._boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {_MEDIA_TYPE}\r\n\r\n"
        ).encode()


def read_jars(answer: Mapping[str, Any]) -> tuple[Jar, ...]:
    """/jars."""
    return tuple(
        Jar(jar_id=str(file["id"]), name=str(file["name"]), uploaded_at=int(file["uploaded"]))
        for file in answer["files"]
    )


def read_upload(answer: Mapping[str, Any]) -> str:
    """/jars/upload: the jar's id, the last part of the path where the JobManager keeps it."""
    return str(answer["filename"]).replace("\\", "/").rpartition("/")[2]


def run_request(run: RunJar) -> dict[str, Any]:
    """The body of /jars/J/run; what is not given is left to the configuration."""
    wanted = {
        "jobId": run.job_id,
        "entryClass": run.entry_class,
        "programArgsList": list(run.args) or None,
        "parallelism": run.parallelism,
        "allowNonRestoredState": run.allow_non_restored_state,
        "savepointPath": run.savepoint_path,
        run.claim_mode_field: run.claim_mode,
        "flinkConfiguration": None if run.configuration is None else dict(run.configuration),
    }
    return {name: value for name, value in wanted.items() if value is not None}
