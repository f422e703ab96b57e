"""PersistentVolumeClaims that options mount into Flink's pods (contract part 3.2)."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from shared.config.options import VOLUME_CLAIMS

_CLAIM_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_LONGEST_VOLUME_NAME: Final = 63
_LONGEST: Final = _LONGEST_VOLUME_NAME - len("-pvc")


def claim_problems(claims: Mapping[str, str], volumes: Collection[str]) -> Iterator[str]:
    """Why pods could not mount these claims, by name with their paths, beside volumes of these names."""
    taken, paths = set(volumes), set[str]()
    for claim, path in claims.items():
        name = volume_of_claim(claim)
        if not _CLAIM_NAME.fullmatch(claim):
            yield f"{claim!r} cannot name a PersistentVolumeClaim"
        elif len(name) > _LONGEST_VOLUME_NAME:
            yield f"the claim's name {claim} is longer than {_LONGEST} characters"
        elif name in taken:
            yield f"there is a volume {name} already: rename one of the two"
        if not path.startswith("/"):
            yield f"{path!r} is not an absolute path"
        elif path in paths:
            yield f"two claims are to be mounted at {path}"
        taken.add(name)
        paths.add(path)


def volume_of_claim(claim: str) -> str:
    """As Flink's client names it: names of volumes have no dots, and are shorter than those of claims."""
    return f"{claim.replace('.', '-')}-pvc"


def claims_key_in(options: Mapping[str, str]) -> str | None:
    """The name under which claims are set: the option, or the first of those below it."""
    if VOLUME_CLAIMS.key in options:
        return VOLUME_CLAIMS.key
    below = f"{VOLUME_CLAIMS.key}."
    return min((key for key in options if key.startswith(below)), default=None)


def volume_names(template: Mapping[str, Any] | None) -> list[str]:
    """Of a pod template."""
    volumes = ((template or {}).get("spec") or {}).get("volumes") or ()
    return [volume["name"] for volume in volumes]
