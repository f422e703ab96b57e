"""The command line: python -m tests.cluster build|up|down|status|env."""

import argparse
import os
import shlex
import sys

from tests.cluster.build import ensure_built
from tests.cluster.down import down
from tests.cluster.errors import ClusterError
from tests.cluster.folders import names
from tests.cluster.programs import Level
from tests.cluster.status import status
from tests.cluster.up import DEFAULT_NAME, existing, up
from tests.progress import Console

INTERRUPTED = 130


def main() -> int:
    """Run one command; the exit status is 0 if it did what it was asked, or, for `status`, if all is well."""
    arguments = _parser().parse_args()
    try:
        if arguments.all:
            for name in names():
                down(name)
            return 0
        return _run(arguments.command, Level(arguments.level), arguments.name)
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder of another user: its message says what and where
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: run the command again to go on, or `down` to clean up", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster",
        description="A real Kubernetes on this machine, without Docker.",
        epilog="KUBECONTEXT=NAME in the environment uses that cluster instead.",
    )
    commands = {
        "build": "build the programs of a level into the cache folder",
        "up": "bring a cluster up, or repair it",
        "down": "remove a cluster and everything it left on this machine",
        "status": "show the components of a cluster",
        "env": 'print settings for a shell: eval "$(python -m tests.cluster env)"',
    }
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in commands.items():
        command = subparsers.add_parser(name, help=purpose, description=purpose)
        command.add_argument("--name", default=DEFAULT_NAME, help="of the cluster (default: %(default)s)")
        command.add_argument(
            "--level",
            choices=[level.value for level in Level],
            default=Level.NODE.value,
            help="api: etcd and API server; node: everything (default: %(default)s)",
        )
    subparsers.choices["down"].add_argument(
        "--all", action="store_true", help="every cluster on this machine"
    )
    parser.set_defaults(all=False)
    return parser


def _run(command: str, level: Level, name: str) -> int:
    match command:
        case "build":
            print(ensure_built(level, Console()))
        case "up":
            cluster = up(level, name)
            print(f"KUBECONFIG={cluster.kubeconfig}")
        case "down":
            down(name)
        case "status":
            found = status(name)
            print(found.table())
            return 0 if found.ready else 1
        case "env":
            _print_environment(name)
    return 0


def _print_environment(name: str) -> None:
    for variable, value in existing(name).environment().items():
        if os.environ.get(variable) != value:
            print(f"export {variable}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(main())
