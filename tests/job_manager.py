"""A JobManager as a server on loopback: it lists jobs, and takes and runs jars as Flink does."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import orjson
from aiohttp import BodyPartReader, web
from aiohttp.test_utils import TestServer


class JobManager:
    """It keeps jars until they are deleted, and refuses more than one at a time."""

    def __init__(self, *further: web.RouteDef) -> None:
        """`further`: what it serves besides."""
        self._further = further
        self.jars: dict[str, bytes] = {}
        self.uploads: list[str] = []
        """Names of all jars that ever came whole."""
        self.runs: list[tuple[str, Any]] = []
        """Ids of jars, and what came with the call that runs them."""
        self.run_at: dict[str, float] = {}
        """When that call came, in seconds since 1970, by the id of the job."""
        self.refusal: web.Response | None = None
        """What it says to whatever would run a jar."""
        self.refused_deletion: web.Response | None = None
        self.jobs: list[dict[str, Any]] = []
        """As /jobs/overview has them."""
        self.now = 7
        """Its clock, in milliseconds since 1970."""
        self.asked: Counter[str] = Counter()
        """Methods and paths, without the ids of jars."""
        self.may_upload, self.may_run, self.may_delete = _open_gate(), _open_gate(), _open_gate()
        """Closed, the call waits before it does anything."""
        self.url = ""
        self._uploaded_at: dict[str, int] = {}
        self._server = TestServer(self._application())

    @classmethod
    @asynccontextmanager
    async def serve(cls, *further: web.RouteDef) -> AsyncIterator[Self]:
        """One that serves until the end of the block."""
        manager = cls(*further)
        await manager._server.start_server()
        manager.url = str(manager._server.make_url("")).rstrip("/")
        try:
            yield manager
        finally:
            for gate in (manager.may_upload, manager.may_run, manager.may_delete):
                gate.set()
            await manager.close()

    async def close(self) -> None:
        """It answers no more."""
        await self._server.close()

    def start_anew(self) -> None:
        """Its disk goes with it."""
        self.jars.clear()

    def run(self, job_id: str, state: str = "RUNNING") -> None:
        """It lists the job."""
        entry = {"jid": job_id, "name": "report", "state": state, "start-time": 7, "last-modification": 7}
        self.jobs.append(entry)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=2**22)
        application.router.add_get("/config", self._config)
        application.router.add_get("/jobs/overview", self._overview)
        application.router.add_get("/jobs/{id}/exceptions", self._exceptions)
        application.router.add_get("/jobs/{id}/checkpoints", self._checkpoints)
        application.router.add_get("/jars", self._list)
        application.router.add_post("/jars/upload", self._upload)
        application.router.add_post("/jars/{id}/run", self._run)
        application.router.add_delete("/jars/{id}", self._delete)
        application.add_routes(self._further)
        return application

    async def _config(self, _: web.Request) -> web.Response:
        self.asked["GET /config"] += 1
        return web.json_response({"flink-version": "2.3.0", "flink-revision": "a1b2c3d"})

    async def _overview(self, _: web.Request) -> web.Response:
        self.asked["GET /jobs/overview"] += 1
        return web.Response(body=orjson.dumps({"jobs": self.jobs}), content_type="application/json")

    async def _exceptions(self, _: web.Request) -> web.Response:
        self.asked["GET /jobs/exceptions"] += 1
        return web.json_response({"exceptionHistory": {"entries": []}})

    async def _checkpoints(self, _: web.Request) -> web.Response:
        self.asked["GET /jobs/checkpoints"] += 1
        return failure(404, "Checkpointing has not been enabled.")

    async def _list(self, _: web.Request) -> web.Response:
        self.asked["GET /jars"] += 1
        files = [
            {
                "id": name,
                "name": name.partition("_")[2],
                "uploaded": self._uploaded_at.get(name, self.now),
                "entry": [],
            }
            for name in self.jars
        ]
        return web.json_response({"address": self.url, "files": files})

    async def _upload(self, request: web.Request) -> web.Response:
        self.asked["POST /jars/upload"] += 1
        await self.may_upload.wait()
        files, reader = list[tuple[str | None, str | None, bytes]](), await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            files.append((part.name, part.filename, bytes(await part.read())))
        if len(files) != 1:
            return failure(400, f"Exactly 1 file must be sent, received {len(files)}.")
        ((field, name, content),) = files
        assert field == "jarfile"
        self.uploads.append(name or "")
        jar_id = f"{len(self.uploads)}-2_{name}"
        self.jars[jar_id], self._uploaded_at[jar_id] = content, self.now
        return web.json_response({"filename": f"/tmp/flink-web/{jar_id}", "status": "success"})

    async def _run(self, request: web.Request) -> web.Response:
        self.asked["POST /jars/run"] += 1
        name, body = request.match_info["id"], await request.json()
        self.run_at[body["jobId"]] = time.time()
        await self.may_run.wait()
        self.runs.append((name, body))
        if self.refusal is None and name not in self.jars:
            return failure(500, f"RestHandlerException: Jar file /tmp/{name} does not exist\n\tat x.Y")
        if self.refusal is not None:
            return self.refusal
        self.run(body["jobId"])
        return web.json_response({"jobid": body["jobId"]})

    async def _delete(self, request: web.Request) -> web.Response:
        self.asked["DELETE /jars"] += 1
        name = request.match_info["id"]
        await self.may_delete.wait()
        if self.refused_deletion is not None:
            return self.refused_deletion
        if self.jars.pop(name, None) is None:
            return failure(400, f"File {name} does not exist in /tmp/flink-web.")
        return web.json_response({})


def failure(status: int, *errors: str) -> web.Response:
    """As Flink says that it does not."""
    return web.json_response({"errors": list(errors)}, status=status)


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate
