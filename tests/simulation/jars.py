"""Jars of session jobs: where they come from, and what the simulated JobManagers do with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, cast

from controller.artifacts.artifact import Artifact, ArtifactError, Wanted
from controller.artifacts.source import Artifacts
from controller.flink.jars import Upload
from controller.flink.rest import RestError
from tests.simulation.clock import Clock
from tests.simulation.faults import Call
from tests.simulation.flink import Flink
from tests.simulation.job_manager import JobManager, Plan
from tests.simulation.node import Pace
from tests.simulation.transport import Line

MISSING = "https://jars.example.com/missing.jar"
"""Nobody has put it there."""


class _Jar:
    """Lies open."""

    name, size = "job.jar", 1

    def __init__(self, uri: str) -> None:
        self.identity = f"source:{uri}"

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"x"


class SimulatedArtifacts:
    """Sources of jars, asked over the line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def artifacts(self) -> Artifacts:
        """This as what the controller expects."""
        return cast(Artifacts, self)

    @asynccontextmanager
    async def open(self, uri: str, _: Wanted) -> AsyncIterator[Artifact]:
        """Raises ArtifactError."""
        try:
            await self._line.call(Call("GET", "rest", "source"), lambda: None)
        except RestError as error:
            raise ArtifactError(str(error), transient=True) from error
        if uri == MISSING:
            raise ArtifactError(f"{uri}: HTTP 404. Put the jar there, or name another.", transient=False)
        yield _Jar(uri)


async def name_of(upload: Upload) -> str:
    """What the jar is called; all of its content has been sent then."""
    parts = [part async for part in upload]
    return parts[0].decode().split('filename="', 1)[1].split('"', 1)[0]


class Jars:
    """The JobManager's /jars."""

    def __init__(self, flink: Flink, clock: Clock, pace: Pace) -> None:
        self._flink = flink
        self._clock = clock
        self._pace = pace
        self._ids = count(1)

    def answer(self, manager: JobManager, method: str, path: list[str], body: Any) -> Any:
        """To a call below /jars; a future where the answer takes its time. Raises RestError."""
        match method, path:
            case "GET", []:
                files = [
                    {"id": jar_id, "name": name, "uploaded": at}
                    for jar_id, (name, at) in manager.jars.items()
                ]
                return {"files": files}
            case "POST", ["upload"]:
                jar_id = f"{next(self._ids):08d}_{body}"
                manager.jars[jar_id] = (str(body), self._clock.milliseconds())
                return {"filename": f"/tmp/flink-web/{jar_id}", "status": "success"}
            case "POST", [jar_id, "run"]:
                self._require(manager, jar_id, 500)
                return self._run(manager, body)
            case "DELETE", [jar_id]:
                self._require(manager, jar_id, 400)
                del manager.jars[jar_id]
                return {}
        raise RestError("HTTP 404", status=404)

    @staticmethod
    def _require(manager: JobManager, jar_id: str, status: int) -> None:
        if jar_id not in manager.jars:
            text = f"File {jar_id} does not exist in /tmp/flink-web."
            raise RestError(f"HTTP {status}: {text}", status=status, body=text)

    def _run(self, manager: JobManager, body: dict[str, Any]) -> "asyncio.Future[dict[str, Any]]":
        """The main method runs, whether anybody waits for it or not."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        options = {key: str(value) for key, value in (body.get("flinkConfiguration") or {}).items()}
        plan = Plan(str(body.get("parallelism", 1)), body.get("savepointPath"), options)

        def submit() -> None:
            refusal = self._flink.submit(manager, body["jobId"], plan)
            if answer.done():
                return
            if not manager.is_alive:
                answer.set_exception(RestError("the connection was reset"))
            elif refusal is not None:
                answer.set_exception(RestError(f"HTTP 400: {refusal}", status=400, body=refusal))
            else:
                answer.set_result({"jobid": body["jobId"]})

        self._clock.after(self._pace.submission, submit)
        return answer
