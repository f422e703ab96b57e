"""A service of the operator as a process of its own, as its container runs it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OPERATOR_CONFIGURATION = PROJECT / "charts" / "flink-operator" / "conf"
_END_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


class ServiceProcess:
    """`python -m MODULE`; its log is kept in a file, over restarts too."""

    def __init__(self, module: str, environment: Mapping[str, str], log: Path) -> None:
        self._module = module
        self._log = log
        self._environment = {
            "PATH": os.environ["PATH"],
            "FLINK_CONF_DIR": str(OPERATOR_CONFIGURATION),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start the service; variables given here go over those it has."""
        self._environment |= environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing but one system call
            )

    @property
    def log(self) -> str:
        """What the service logged so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def assert_running(self) -> None:
        """Fail with the log's end when the process has ended by itself."""
        assert self.is_running, f"python -m {self._module} ended by itself:\n{self.log[-4000:]}"

    def stop(self) -> None:
        """End it as Kubernetes does: SIGTERM, and SIGKILL to what does not end in time."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"python -m {self._module} goes on {_END_SECONDS:g} s after SIGTERM:\n{self.log[-4000:]}"
            ) from None

    def kill(self) -> None:
        """End it as a lost node or a lack of memory does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _die_with_parent() -> None:
    """A test run that is killed itself leaves no service behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
