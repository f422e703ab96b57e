"""`python -m webhook`: serve until SIGTERM. Ends with 2 for a wrong setting, 1 when it could not serve."""

import gc
import logging
import os
import sys

from shared.config.operator import ConfigurationError, load_operator_configuration
from webhook.certificates import ServingCertificate
from webhook.cluster_view import ClusterView
from webhook.drain import Drain
from webhook.kubernetes_api import ConnectionSettingsError, KubernetesApi, client_configuration
from webhook.logs import configure_logging
from webhook.reviewer import reviewer_with
from webhook.server import build_server
from webhook.settings import Settings, SettingsError, read_settings

logger = logging.getLogger("webhook")


def main() -> int:
    """The exit code."""
    configure_logging()
    try:
        settings = read_settings(os.environ)
        configuration = load_operator_configuration(settings.configuration_folder, settings.overrides_folder)
        view = _view(settings)
    except (SettingsError, ConfigurationError, ConnectionSettingsError) as error:
        logger.error("%s", error)  # noqa: TRY400 - for whoever deploys the service: one line, no traceback
        return 2
    server = build_server(
        reviewer_with(configuration, view),
        settings.port,
        ServingCertificate(settings.tls_folder, settings.server_name),
        Drain(settings.drain_seconds),
        plain_port=settings.plain_port,
        bounds=settings.bounds,
        view=view,
    )
    # What is there now stays: the garbage collector need not look through it again during a review.
    gc.collect()
    gc.freeze()
    server.run()
    return 0 if server.started else 1


def _view(settings: Settings) -> ClusterView | None:
    """What there is to see of other resources; None outside of a cluster. Raises ConnectionSettingsError."""
    configuration = client_configuration(settings.kubeconfig)
    if configuration is None:
        logger.warning("no API server to ask: rules about other resources find nothing")
        return None
    return ClusterView(KubernetesApi(configuration), settings.watch_namespaces)


if __name__ == "__main__":
    sys.exit(main())
