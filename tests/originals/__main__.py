"""`python -m tests.originals [CASE...] [--record]`: run Flink's client and print how its objects differ."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.api_server import ApiServer
from tests.cluster import ClusterError, Console, Level, up
from tests.images import ImageError
from tests.originals.capture import capture
from tests.originals.case import RELEASES, Case, Json
from tests.originals.cases import BY_NAME
from tests.originals.client import ClientError
from tests.originals.comparison import differences, ours, unexpected
from tests.originals.distribution import home
from tests.originals.recordings import record
from tests.originals.refusals import REFUSED, is_refused

_CLUSTER_NAME = "tests-api"
_ALL = BY_NAME | {case.name: case for case in REFUSED}
_Capture = Callable[[Case, str], list[Json]]


def main() -> int:
    """Exit status 0 when every difference is a deliberate one."""
    parser = argparse.ArgumentParser(prog="python -m tests.originals", description=__doc__)
    parser.add_argument("cases", metavar="CASE", nargs="*", help=f"of {', '.join(_ALL)}; default: all")
    parser.add_argument("--release", choices=RELEASES, help="only this Flink")
    parser.add_argument("--record", action="store_true", help="keep the originals as data of the unit tests")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.cases if name not in _ALL]:
        parser.error(f"no such case: {', '.join(unknown)}")
    wanted = [_ALL[name] for name in arguments.cases or _ALL]
    pairs = [(case, release) for case in wanted for release in case.releases]
    try:
        with _captures() as captured:
            results = [
                _check_refusal(case, release, captured)
                if case in REFUSED
                else _compare(case, release, captured, keep=arguments.record)
                for case, release in pairs
                if arguments.release in {None, release}
            ]
    except (ClusterError, ImageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0 if all(results) else 1


@contextmanager
def _captures() -> Iterator[_Capture]:
    """Captures originals on the local API server."""
    progress = Console()
    cluster = up(Level.API, _CLUSTER_NAME, progress)
    with tempfile.TemporaryDirectory() as folder:
        api = ApiServer.of(cluster.kubeconfig, Path(folder))
        yield lambda case, release: capture(case, release, home(release, progress), cluster, api)


def _compare(case: Case, release: str, captured: _Capture, *, keep: bool) -> bool:
    """Whether the case's objects are as they should be; what is not is printed."""
    began = time.monotonic()
    try:
        original = captured(case, release)
    except ClientError as error:
        print(f"{case.name} {release}: {error}", flush=True)
        return False
    if keep:
        record(case, release, original)
    found = unexpected(case, differences(original, ours(case, release)))
    seconds = f"{time.monotonic() - began:.1f} s"
    print(f"{case.name} {release}: {len(found)} differences ({seconds})", *found, sep="\n  ", flush=True)
    return not found


def _check_refusal(case: Case, release: str, captured: _Capture) -> bool:
    """Whether both sides refuse the case."""
    ours_says = "refused" if is_refused(case, release) else "accepted"
    try:
        captured(case, release)
    except ClientError as error:
        print(f"{case.name} {release}: {ours_says} by us, refused by the client: {error}", flush=True)
        return ours_says == "refused"
    print(f"{case.name} {release}: {ours_says} by us, accepted by the client", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
