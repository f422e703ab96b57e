"""A full run can be resumed: what passed already, with the same sources, is not run again."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
_SOURCES = ("shared", "webhook", "controller", "charts", "tests", "Dockerfile", "requirements")
_CACHE_KEY = "flink-operator/passed-in-full-runs"


class Resume:
    """A plugin of pytest for runs with --full."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._sources = _fingerprint()
        known = config.cache.get(_CACHE_KEY, {}) if config.cache else {}
        self._passed: set[str] = (
            set(known.get("tests", [])) if known.get("sources") == self._sources else set()
        )

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what passed before, and say how much that is."""
        done = [item for item in items if item.nodeid in self._passed]
        if done and len(done) < len(items):
            config.hook.pytest_deselected(items=done)
            items[:] = [item for item in items if item.nodeid not in self._passed]
            print(f"resumed: {len(done)} tests passed before with the same sources")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what passed, at once: the run may be cut short."""
        if report.when == "call" and report.passed and self._config.cache:
            self._passed.add(report.nodeid)
            self._config.cache.set(_CACHE_KEY, {"sources": self._sources, "tests": sorted(self._passed)})


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in _source_files():
        digest.update(str(file.relative_to(PROJECT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        path = PROJECT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)
