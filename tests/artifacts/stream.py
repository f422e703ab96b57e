"""One transfer in a process of its own: its memory is measured.

    python -m tests.artifacts.stream URI JOB_MANAGER

Prints the id of the jar, and by how many MiB the process grew at most.
"""

import asyncio
import os
import sys

import uvloop

from controller.artifacts.artifact import Wanted
from controller.artifacts.source import Artifacts
from controller.flink.rest import FlinkRest
from tests.bench.consumption import forget_peak, peak, resident

_WANTED = Wanted(schemes=("http", "https", "s3"), restricts_hosts=False)


async def _stream(uri: str, job_manager: str) -> None:
    artifacts, rest = Artifacts(), FlinkRest.connect()
    forget_peak(os.getpid())
    before = resident(os.getpid())
    try:
        async with artifacts.open(uri, _WANTED) as artifact:
            jar_id = await rest.upload_jar(
                job_manager, artifact.name, artifact.chunks(), timeout=_WANTED.timeout
            )
    finally:
        await rest.close()
    print(jar_id, peak(os.getpid()) - before)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_stream(*sys.argv[1:]))
