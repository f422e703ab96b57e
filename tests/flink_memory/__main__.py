"""`python -m tests.flink_memory record`: write down what Flink's BashJavaUtils answers."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence

from tests.flink_memory import bash_java_utils, cases, generated
from tests.images.errors import ImageError
from tests.images.flink import RELEASES

_SEED = "recorded"
_COUNT = 300  # of each release


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.flink_memory", description=__doc__)
    parser.add_argument("verb", choices=["record"])
    parser.parse_args(arguments)
    for release in RELEASES.values():
        asked = generated.cases(release, _COUNT, _SEED)
        try:
            answers = bash_java_utils.answers(release, asked, _tell)
        except ImageError as error:
            _tell(f"error: {error}")
            return 1
        cases.save(release.tag, asked, answers)
        _tell(f"{cases.file_of(release.tag)}: {len(asked)} configurations, of which Flink refuses:")
        refused = Counter(_kind(answer.error) for answer in answers if answer.error is not None)
        for kind, count in refused.most_common():
            _tell(f"{count:5}  {kind}")
    return 0


def _kind(error: str) -> str:
    """Flink's words without the numbers."""
    return re.sub(r"[0-9.]+[a-z]* (\([0-9]+ bytes\))?", "… ", error)[:150]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
