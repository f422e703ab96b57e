"""`python3 -m controller`: run the controller."""

import asyncio
import logging
import sys

import uvloop

from controller.service import run
from controller.settings import Settings, SettingsError
from shared.config.operator import ConfigurationError


def main() -> int:
    """Exit status: 0 when asked to end, 2 for settings that cannot be used."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("kopf").setLevel(logging.WARNING)
    try:
        settings = Settings.from_environment()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except (SettingsError, ConfigurationError) as error:
        logging.getLogger("controller").error("%s", error)  # noqa: TRY400 - the text says it all
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
