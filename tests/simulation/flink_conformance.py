"""What the controller relies on in Flink: checks for the simulated JobManagers and for real ones.

A check goes through the life of an application, step after step, so that few clusters serve many facts. Flink
is asked by the controller's own client, and its ConfigMaps are read as the controller reads them.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import pytest

from controller.flink.names import NATIVE
from controller.flink.rest import RestError
from controller.flink.stack_trace import root_cause
from controller.kubernetes_api import PODS, Propagation
from controller.observation import Checkpoints, Job
from shared.config.flink_versions import RELEASES
from shared.model.deployment import FlinkVersion
from shared.model.status import JobState
from tests.simulation.application import Application, Site

NOBODY = "0" * 32
"""A job's id that no job has, and a trigger id that nobody gave."""
_QUIET_SECONDS = 5.0
"""In which a JobManager that has just come up would have started its job."""
_METADATA = {"high-availability.type": "kubernetes"}
_CHECKPOINTS = {"execution.checkpointing.interval": "1 s"}


def _trigger(number: int) -> str:
    return f"{number:032x}"


async def job_with_metadata_in_kubernetes(site: Site) -> None:
    """Savepoint that fails, loss of the process, stop with savepoint, a new JobManager after the end."""
    app = Application(site, "kept", {**_METADATA, **_CHECKPOINTS})
    await app.submit()
    await app.until_job_is(JobState.RUNNING)
    await _tells_of_itself(app)
    await _does_not_know_others(app)
    await _keeps_metadata(app)
    failed = await _goes_on_when_a_savepoint_fails(app)
    await _goes_on_when_the_process_is_lost(app, failed)
    await _is_stopped_once(app)
    await _leaves_no_metadata(app)
    await _is_not_started_again(app)


async def job_without_metadata(site: Site) -> None:
    """Cancelled with its checkpoint kept; another restored from that, cancelled, and never started empty."""
    app = Application(site, "cancelled", _CHECKPOINTS)
    await app.submit()
    await app.until_job_is(JobState.RUNNING)
    path = await _keeps_its_checkpoint_when_cancelled(app)
    assert await app.metadata() is None
    other = Application(site, "restored", {}, restore_path=path)
    await other.submit()
    await other.until_job_is(JobState.RUNNING)
    await _knows_what_it_was_restored_from(other, path)
    await _fails_where_its_restore_point_is_lost(other, path)


async def _tells_of_itself(app: Application) -> None:
    info = await app.site.rest.info(app.base)
    assert info.version.startswith(f"{RELEASES[app.site.version].number}.")
    assert info.revision
    (job,) = await app.site.rest.jobs(app.base)
    assert job.job_id == app.job_id
    assert job.last_modified >= job.start_time > 0
    assert await app.site.rest.exceptions(app.base, app.job_id) == ()


async def _does_not_know_others(app: Application) -> None:
    rest, base = app.site.rest, app.base
    for call in (rest.checkpoints(base, NOBODY), rest.exceptions(base, NOBODY), rest.cancel(base, NOBODY)):
        with pytest.raises(RestError) as error:
            await call
        assert error.value.status == 404
    assert await rest.stop_operation(base, app.job_id, NOBODY) is None
    assert await rest.stop_operation(base, NOBODY, NOBODY) is None
    await app.stop(NOBODY, job_id=NOBODY)  # is taken, and comes to nothing
    settled = await app.until_stop_is_settled(NOBODY, job_id=NOBODY)
    assert settled.location is None
    assert await rest.stop_operation(base, app.job_id, NOBODY) is None


async def _keeps_metadata(app: Application) -> None:
    first = await app.until_newest_is_another()
    await app.until_newest_is_another(than=first)
    assert await app.has_plan()
    data = await app.metadata()
    assert data is not None
    assert int(data["counter"]) > 1
    assert len([key for key in data if key.startswith("checkpointID-")]) == 1
    for suffix in ("cluster-config-map", f"{app.job_id}-config-map"):
        kept = await app.config_map(suffix)
        assert kept is not None
        assert {"app": app.name, "type": NATIVE}.items() <= kept["metadata"]["labels"].items()
        assert not kept["metadata"].get("ownerReferences")


async def _goes_on_when_a_savepoint_fails(app: Application) -> str:
    """The trigger id of what failed."""
    trigger = _trigger(1)
    await app.stop(trigger, "readonly")
    failed = await app.until_stop_is_settled(trigger)
    assert failed.location is None
    await app.stop(trigger)  # elsewhere, but known
    assert await app.until_stop_is_settled(trigger) == failed
    newest = (await app.checkpoints()).newest
    await app.until_newest_is_another(than=newest)
    await app.until_job_is(JobState.RUNNING)
    assert not [path for path in app.stored() if "/savepoint" in path]
    return trigger


async def _goes_on_when_the_process_is_lost(app: Application, forgotten: str) -> None:
    before = await app.until_job_is(JobState.RUNNING)
    number = _newest_checkpoint(await app.metadata())
    await app.site.kill_job_manager(app.name)

    async def runs_again() -> Job | None:
        job = await app.job()
        is_new = job is not None and job.start_time != before.start_time
        return job if is_new and job is not None and job.state is JobState.RUNNING else None

    await app.until("the job runs again", runs_again)
    restored = await app.restored_from()
    assert restored is not None
    assert restored["id"] >= number
    assert await app.site.rest.stop_operation(app.base, app.job_id, forgotten) is None
    assert await app.has_plan()
    assert _newest_checkpoint(await app.metadata()) >= number
    await app.until_newest_is_another(than=restored["external_path"])


def _newest_checkpoint(data: Mapping[str, str] | None) -> int:
    assert data is not None
    return max(int(key.removeprefix("checkpointID-")) for key in data if key.startswith("checkpointID-"))


async def _is_stopped_once(app: Application) -> None:
    trigger = _trigger(2)
    for _ in range(2):
        await app.stop(trigger)
    location = (await app.until_stop_is_settled(trigger)).location
    await app.until_job_is(JobState.FINISHED)
    await app.stop(trigger)
    assert (await app.until_stop_is_settled(trigger)).location == location
    await app.until_it_stored(location)
    await app.cancel()
    await app.stop(_trigger(3))
    assert (await app.until_stop_is_settled(_trigger(3))).location is None
    assert await _newest_after_end(app) == location
    await app.until_job_is(JobState.FINISHED)


async def _newest_after_end(app: Application) -> str | None:
    """Flink answers from a memory of some seconds: by its own clock they are over at some time."""

    async def is_over() -> bool:
        since = await app.site.rest.seconds_since_end(app.base, app.job_id)
        return since is not None and since > 3

    await app.until("Flink's memory of the time before the end is over", is_over)
    return (await app.checkpoints()).newest


async def _leaves_no_metadata(app: Application) -> None:
    async def is_gone() -> bool:
        return await app.metadata() is None and not await app.has_plan()

    await app.until("the metadata of the job that ended is gone", is_gone)
    assert await app.config_map("cluster-config-map") is not None


async def _is_not_started_again(app: Application) -> None:
    api, namespace, labels = app.site.api, app.site.namespace, f"app={app.name},component=jobmanager"
    (pod,) = await api.list(PODS, namespace, labels=labels)
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    await api.delete(PODS, namespace, name, uid=uid, propagation=Propagation.BACKGROUND)

    async def is_gone() -> bool:
        return await api.get(PODS, namespace, name) is None

    await app.until("the JobManager of the job that ended is gone", is_gone)

    async def knows_none() -> bool:
        return await app.site.rest.jobs(app.base) == []

    await app.until("a JobManager without jobs", knows_none)
    await _stays(app, knows_none)
    assert await app.metadata() is None


async def _stays(app: Application, fact: Callable[[], Awaitable[bool]]) -> None:
    deadline = app.site.seconds() + _QUIET_SECONDS
    while app.site.seconds() < deadline:
        await app.site.pause()
        assert await fact(), app.name


async def _keeps_its_checkpoint_when_cancelled(app: Application) -> str:
    """The checkpoint's path."""
    first = await app.until_newest_is_another()
    await app.until_newest_is_another(than=first)
    for _ in range(2):
        await app.cancel()
    await app.until_job_is(JobState.CANCELED)
    await app.cancel()
    newest = await _newest_after_end(app)
    assert newest is not None
    await app.until_it_stored(newest)
    await app.until_job_is(JobState.CANCELED)
    return newest


async def _knows_what_it_was_restored_from(app: Application, path: str) -> None:
    """It takes no checkpoints, and tells so by telling none."""
    assert await app.checkpoints() == Checkpoints(newest=path)
    restored = await app.restored_from()
    assert restored is not None
    assert restored["external_path"] == path


async def _fails_where_its_restore_point_is_lost(app: Application, path: str) -> None:
    """Without metadata a new JobManager starts even a job that was cancelled, from the configured path."""
    await app.cancel()
    await app.until_job_is(JobState.CANCELED)
    assert path in app.site.stored()
    app.site.lose(path)
    await app.site.kill_job_manager(app.name)
    seen: set[JobState] = set()

    async def why() -> str | None:
        job = await app.job()
        if job is None:
            return None
        seen.add(job.state)
        if job.state is not JobState.FAILED:
            return None
        return root_cause((await app.site.rest.exceptions(app.base, app.job_id))[0].stack_trace)

    assert path.rsplit("/", 1)[-1] in await app.until("the job fails", why)
    assert JobState.RUNNING not in seen

    if app.site.version is FlinkVersion.V1_20:
        await app.until("its JobManager ends too, and tries again", lambda: _is_silent(app))
    else:
        await _stays(app, lambda: _is_failed(app))
        assert (await app.checkpoints()).newest is None


async def _is_failed(app: Application) -> bool:
    job = await app.job()
    return job is not None and job.state is JobState.FAILED


async def _is_silent(app: Application) -> bool:
    try:
        await app.job()
    except RestError:
        return True
    return False


Check = Callable[[Site], Coroutine[Any, Any, None]]
CHECKS: tuple[Check, ...] = (job_with_metadata_in_kubernetes, job_without_metadata)
