"""Values for property tests: text, free-form documents, amounts, and what is odd for a node of a schema."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from shared.model.pod_template import QUANTITY

Json = dict[str, Any]
Path = tuple[str | int, ...]
Node = Mapping[str, Any]

KEY = "example.com/key"
"""Stands for the keys of a mapping in a path; 0 stands for the elements of a list."""

TEXT = st.text(max_size=8)
_FREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
FREE_FORM = st.dictionaries(TEXT, _FREE, max_size=3)
"""Documents that every JSON writer keeps as they are: whole numbers have at most 64 bits."""

_ODD: Mapping[str, Sequence[Any]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30),
    "number": (5.0, 0.0, -0.5, 1.5, 1e300, 5e-324),
    "string": (
        *("a", "", " ", "5", "true", "A", "é\N{GRINNING FACE}", "\x00", "a\u0663", "a\n", "-a", "a-"),
        *("a" * 39, "a" * 40, "a" * 46, "a" * 64),
    ),
    "array": ([None], [], [1], ["a"], [{}], [{"name": None}], [{"name": "a"}, {"name": "a"}]),
    "object": ({"a": 1}, {}, {"a": None}, {"a": "b"}, {"name": "a"}, {"cpu": "1", "memory": ""}),
}
"""By the type that they have."""

_ANYTHING = st.sampled_from([value for values in _ODD.values() for value in values])
_ONE_OF_EACH_TYPE = [values[0] for values in _ODD.values()]


def odd(node: Node) -> st.SearchStrategy[Any]:
    """Values of any type, every other one of the node's own and at the edge of what it allows."""
    if _is_amount(node):
        return amounts() | st.sampled_from(_ODD["integer"]) | _ANYTHING
    return st.sampled_from(_own(node)) | (TEXT if node.get("type") == "string" else _ANYTHING) | _ANYTHING


def odd_values(node: Node) -> list[Any]:
    """As `odd`, but each that is worth a try, once."""
    return [*_own(node), *_ONE_OF_EACH_TYPE]


def _own(node: Node) -> list[Any]:
    own = [*_ODD.get(node.get("type", "integer"), ())]
    own += [node[bound] + step for bound in ("minimum", "maximum") if bound in node for step in (-1, 0, 1)]
    own += [value for one in node.get("enum", ()) for value in (one, one.swapcase(), f" {one}")]
    if "maxLength" in node:
        longest = node["maxLength"]
        own += ["a" * longest, "\N{GRINNING FACE}" * longest, "a" * (longest + 1)]
    return own


def _is_amount(node: Node) -> bool:
    return bool(node.get("x-kubernetes-int-or-string")) or node.get("$ref") == QUANTITY


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """Text that looks like a quantity or a memory size, and often is one."""
    number = draw(st.from_regex(r"[+-]?0?[0-9]{0,3}[.]?[0-9]{0,2}", fullmatch=True))
    unit = draw(
        st.sampled_from(["", *"numkKMGtPEe", "Ki", "mi", "GI", "Ti", "Ei", "b", "kb", "MB", "gib", "TiB"])
        | st.sampled_from(["bytes", "kibibytes", "Gibibytes", "terabytes", "I", "iB"])
        | st.from_regex(r"[eE][+-]?[0-9]{0,3}", fullmatch=True)
        | st.text(alphabet="keEiIbBmMgG+-_,.\u212a\u0663", max_size=3)
    )
    before, between, after = (draw(st.sampled_from(["", "", "", " ", "\t", "\n", "\xa0"])) for _ in range(3))
    return f"{before}{number}{between}{unit}{after}"


def put(document: Json, path: Path, value: Any) -> Json:
    """Write a copy of the value at the path, whatever stands in its way; the document."""
    node: Any = document
    for step, following in zip(path, (*path[1:], None), strict=True):
        if following is None:
            child = deepcopy(value)
        else:
            child = _child(node, step)
            if not isinstance(child, list if isinstance(following, int) else dict):
                child = [] if isinstance(following, int) else {}
        if isinstance(node, list):
            node[:1] = [child]
        else:
            node[step] = child
        node = child
    return document


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, list):
        return node[0] if node else None
    return node.get(step)
