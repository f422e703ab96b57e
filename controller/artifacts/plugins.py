"""Packages that whoever installs the operator adds to it."""

import logging
import sys
from pathlib import Path

log = logging.getLogger(__name__)


def add_plugins(folder: Path | None) -> None:
    """Have modules of the folder found, after all others: none of them takes the place of one of ours."""
    if folder is None or str(folder) in sys.path:
        return
    if not folder.is_dir():
        log.warning("FLINK_OPERATOR_PLUGINS_DIR: %s is no folder; going on without", folder)
        return
    sys.path.append(str(folder))
