"""Every entry point can be the first import of a process: no module needs another to be loaded before it."""

import subprocess
import sys

import pytest

ENTRY_POINTS = (
    "cli.main",
    "controller.artifacts.source",
    "controller.service",
    "shared.model",
    "shared.rules",
    "tests.cluster",
    "tests.demo",
    "tests.everything",
    "tests.images",
    "tests.simulation.__main__",
    "webhook.server",
)


def test_packages_for_stores_are_not_loaded_before_they_are_needed() -> None:
    loaded = "import sys, controller.artifacts.source, controller.service; print('fsspec' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_module_can_be_imported_first(module: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
