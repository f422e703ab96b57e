"""JobManagers for tests of the controller."""

from typing import Any

from controller.flink.rest import RestError


class SilentFlink:
    """JobManagers that never answer."""

    async def info(self, base: str, *_: Any) -> Any:
        raise RestError(f"{base}: no answer")

    jobs = checkpoints = seconds_since_end = stop_operation = stop_with_savepoint = cancel = info
