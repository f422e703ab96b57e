"""`python -m webhook`: serve until SIGTERM. Ends with 2 for a wrong setting, 1 when it could not serve."""

import gc
import logging
import os
import sys

from shared.config.operator import ConfigurationError, load_operator_configuration
from webhook.certificates import ServingCertificate
from webhook.drain import Drain
from webhook.logs import configure_logging
from webhook.reviewer import reviewer_with
from webhook.server import build_server
from webhook.settings import SettingsError, read_settings

logger = logging.getLogger("webhook")


def main() -> int:
    """The exit code."""
    configure_logging()
    try:
        settings = read_settings(os.environ)
        configuration = load_operator_configuration(settings.configuration_folder)
    except (SettingsError, ConfigurationError) as error:
        logger.error("%s", error)  # noqa: TRY400 - for whoever deploys the service: one line, no traceback
        return 2
    server = build_server(
        reviewer_with(configuration),
        settings.port,
        ServingCertificate(settings.tls_folder, settings.server_name),
        Drain(settings.drain_seconds),
        plain_port=settings.plain_port,
        bounds=settings.bounds,
    )
    # What is there now stays: the garbage collector need not look through it again during a review.
    gc.collect()
    gc.freeze()
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
