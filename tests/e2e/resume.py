"""A full run can be resumed: what passed already, with the same sources, is not run again.

What `make test` passed counts, too.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
_SOURCES = ("shared", "webhook", "controller", "charts", "tests", "Dockerfile", "requirements")
_CACHE_KEY = "flink-operator/passed"


class Resume:
    """A plugin of pytest: it remembers in every run, and leaves out what passed in those with --full."""

    def __init__(self, config: pytest.Config, *, leaves_out: bool) -> None:
        self._config = config
        self._leaves_out = leaves_out
        self._is_worker = hasattr(config, "workerinput")  # one of xdist's: another process remembers for it
        self._sources = _fingerprint()
        known = config.cache.get(_CACHE_KEY, {}) if config.cache else {}
        self._passed: set[str] = (
            set(known.get("tests", [])) if known.get("sources") == self._sources else set()
        )

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what passed before, and say how much that is."""
        done = [item for item in items if item.nodeid in self._passed]
        if done and self._leaves_out:
            config.hook.pytest_deselected(items=done)
            items[:] = [item for item in items if item.nodeid not in self._passed]
            print(f"resumed: {len(done)} tests passed before with the same sources")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what passed, at once: the run may be cut short."""
        if self._is_worker or not self._config.cache:
            return
        if report.failed:
            self._passed.discard(report.nodeid)  # a part of it may have passed before
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)
        self._config.cache.set(_CACHE_KEY, {"sources": self._sources, "tests": sorted(self._passed)})

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """That nothing is left to run is no failure."""
        if self._leaves_out and self._passed and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK


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
