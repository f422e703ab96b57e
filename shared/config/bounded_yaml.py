"""YAML of strangers, measured before it is built.

PyYAML's loaders recurse, and deep nesting would overflow the stack of the process. Its events do not: they
are counted first.
"""

from typing import Final

import yaml

_MOST_LEVELS: Final = 100
_MOST_NODES: Final = 50_000  # what aliases stand for included


class MonstrousYamlError(Exception):
    """The text is deeper or larger than anything that is meant; the text says which."""


def refuse_monsters(data: bytes | str) -> None:
    """Raise MonstrousYamlError for what is nested too deep, or is too much once every alias is written out.

    Raises yaml.YAMLError for what is no YAML.
    """
    loader = yaml.CSafeLoader(data)
    try:
        sizes: dict[str, int] = {}
        open_nodes: list[tuple[str | None, int]] = []
        nodes = 0
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            match event:
                case yaml.AliasEvent():
                    name = event.anchor or ""
                    if any(anchor == name for anchor, _ in open_nodes):
                        raise MonstrousYamlError(f"*{name} is part of what it stands for")
                    nodes += sizes.get(name, 1)
                case yaml.CollectionStartEvent():
                    open_nodes.append((event.anchor, nodes))
                    nodes += 1
                case yaml.CollectionEndEvent():
                    anchor, before = open_nodes.pop()
                    if anchor is not None:
                        sizes[anchor] = nodes - before
                case yaml.ScalarEvent():
                    nodes += 1
            if len(open_nodes) > _MOST_LEVELS:
                raise MonstrousYamlError(f"is nested deeper than {_MOST_LEVELS} levels")
            if nodes > _MOST_NODES:
                raise MonstrousYamlError(f"holds more than {_MOST_NODES} values, counting what aliases mean")
    finally:
        loader.dispose()
