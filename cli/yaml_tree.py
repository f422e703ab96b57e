"""One YAML document as plain values, with the line of every key and element.

The loaders of PyYAML recurse, and deep nesting overflows the stack of the process; its events do not. So
values are put together here from events, within bounds on depth and size, and nothing is built after a bound
is passed. Aliases count with all that they stand for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from cli.yaml_errors import TooDeepError, TooLargeError, TreeError, position, syntax_error, template_error
from cli.yaml_lines import Lines
from cli.yaml_scalars import MERGE, Scalar, ScalarError, key_text, scalar
from shared.rules.location import Location

MOST_LEVELS: Final = 100
"""What the rules take, and far more than a Pod has."""

MOST_BYTES: Final = 3 * 1024 * 1024
"""The API server takes no larger request."""

_MERGE_TAGS = (None, "tag:yaml.org,2002:merge")
_QUOTED = frozenset("'\"|>")


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """A key that its mapping has twice; the later one wins in every loader, silently."""

    location: Location
    line: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Tree:
    """The value of a document, the lines in it, and what is repeated."""

    value: Any
    lines: Lines | int
    repeated: Sequence[RepeatedKey] = ()

    @property
    def line(self) -> int:
        """Where the document's content starts."""
        return self.lines if isinstance(self.lines, int) else self.lines.line


def trees(text: str, first_line: int) -> Iterator[Tree]:
    """The documents of a text that starts in line `first_line` of its file. Raises TreeError."""
    loader = yaml.CSafeLoader(text)
    try:
        reading = _Reading(first_line)
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            match event:
                case yaml.DocumentStartEvent():
                    reading = _Reading(first_line)
                case yaml.DocumentEndEvent():
                    yield reading.tree()
                case yaml.NodeEvent() | yaml.CollectionEndEvent():
                    reading.take(event)
    except (yaml.MarkedYAMLError, TreeError) as error:
        found = error if isinstance(error, TreeError) else syntax_error(error, first_line, text)
        raise template_error(found, first_line, text) or found from None
    finally:
        loader.dispose()


@dataclass(slots=True)
class _Node:
    """A value that is complete: its lines, its size as JSON in bytes, and the levels in it."""

    value: Any
    lines: Lines | int
    size: int
    levels: int = 0


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    value: dict[str, Any] | list[Any]
    lines: Lines
    anchor: str | None
    size: int = 2
    levels: int = 1
    key: str | int | None = None
    key_line: int = 0
    merges: bool = False
    written: dict[str, int] = field(default_factory=dict)
    """The line of each key that stands here, not in what is merged in."""


class _Reading:
    """One document, event by event."""

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node | None] = {}
        self._root = _Node(None, first_line, 0)
        self._repeated: list[RepeatedKey] = []

    def tree(self) -> Tree:
        """The document, once its end was read."""
        return Tree(self._root.value, self._root.lines, tuple(self._repeated))

    def take(self, event: yaml.Event) -> None:
        """The next event of the document. Raises TreeError."""
        match event:
            case yaml.ScalarEvent():
                self._take_scalar(event)
            case yaml.CollectionStartEvent():
                self._begin(event)
            case yaml.CollectionEndEvent():
                closed = self._open.pop()
                node = _Node(closed.value, closed.lines, closed.size, closed.levels)
                self._add(node, closed.anchor, event)
            case yaml.AliasEvent():
                self._add(self._meant(event), None, event)

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and isinstance(top.value, dict) and not top.merges:
            if event.value == MERGE and event.style not in _QUOTED and event.tag in _MERGE_TAGS:
                top.merges = True
                return
            self._take_key(top, event)
            return
        value = self._value(event)
        size = len(value) + 3 if isinstance(value, str) else len(event.value) + 1
        self._add(_Node(value, self._line(event), size), event.anchor, event)

    def _value(self, event: yaml.ScalarEvent) -> Scalar:
        try:
            is_text = event.tag is None and event.style in _QUOTED
            return event.value if is_text else scalar(event.value, event.tag)
        except ScalarError as error:
            raise self._error(str(error), event, "Put it in quotes if it is text.") from None

    def _take_key(self, top: _Open, event: yaml.ScalarEvent) -> None:
        try:
            key = key_text(self._value(event))
        except ScalarError as error:
            raise self._error(str(error), event, "Put it in quotes if it is text.") from None
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(key, self._line(event), len(key) + 3)
        self._set_key(top, key, event)

    def _set_key(self, top: _Open, key: str, event: yaml.Event) -> None:
        line = self._line(event)
        if key in top.written:
            location = (*(one.key for one in self._open[:-1] if one.key is not None), key)
            self._repeated.append(RepeatedKey(location, line, top.written[key]))
        top.written[key] = top.key_line = line
        top.key = key
        self._grow(top, len(key) + 3, event)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None and not top.merges:
            raise self._error(f"a {'mapping' if is_mapping else 'list'} cannot be a key", event)
        if top is not None and isinstance(top.value, list):
            top.key = len(top.value)
        if len(self._open) >= MOST_LEVELS:
            raise self._too_deep(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        value: dict[str, Any] | list[Any] = {} if is_mapping else []
        self._open.append(_Open(value, Lines(self._line(event)), event.anchor))

    def _meant(self, event: yaml.AliasEvent) -> _Node:
        name = event.anchor
        if name not in self._anchors:
            raise self._error(f"there is no anchor &{name} for the alias *{name}", event)
        node = self._anchors[name]
        if node is None:
            raise self._error(f"the alias *{name} stands within what it stands for", event)
        return node

    def _add(self, node: _Node, anchor: str | None, event: yaml.Event) -> None:
        """Put a complete value where it belongs."""
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        top = self._open[-1]
        if isinstance(top.value, list):
            top.lines.inside[len(top.value)] = node.lines
            top.value.append(node.value)
            top.key = None
        elif top.merges:
            self._merge(top.value, top.lines, node, event)
            top.merges = False
        elif top.key is None:  # an alias in the place of a key
            if isinstance(node.value, dict | list):
                raise self._error("a mapping or list cannot be a key", event)
            self._set_key(top, key_text(node.value), event)
            return
        else:
            top.value[str(top.key)] = node.value
            top.lines.inside[top.key] = _at(node.lines, top.key_line)
            top.key = None
        top.levels = max(top.levels, node.levels + 1)
        if len(self._open) + node.levels > MOST_LEVELS:
            raise self._too_deep(event)
        self._grow(top, node.size, event)

    def _merge(self, into: dict[str, Any], lines: Lines, node: _Node, event: yaml.Event) -> None:
        """`<<` overwrites what stands before it, as it does for kubectl; of several the first one wins."""
        sources = [(node.value, node.lines)]
        if isinstance(node.value, list) and isinstance(node.lines, Lines):
            sources = [(value, node.lines.inside[index]) for index, value in enumerate(node.value)]
        for value, at in reversed(sources):
            if not isinstance(value, dict) or not isinstance(at, Lines):
                raise self._error("<< takes a mapping or a list of mappings", event)
            into.update(value)
            lines.inside.update(at.inside)

    def _grow(self, top: _Open, size: int, event: yaml.Event) -> None:
        top.size += size
        if top.size > MOST_BYTES:
            raise TooLargeError("", *self._place(event))

    def _place(self, event: yaml.Event) -> tuple[int, int]:
        line, column = position(event.start_mark)
        return self._first_line + line, column + 1

    def _line(self, event: yaml.Event) -> int:
        return self._place(event)[0]

    def _too_deep(self, event: yaml.Event) -> TooDeepError:
        return TooDeepError("", *self._place(event))

    def _error(self, message: str, event: yaml.Event, hint: str = "") -> TreeError:
        return TreeError(message, *self._place(event), hint)


def _at(lines: Lines | int, line: int) -> Lines | int:
    """A field's line is that of its key, wherever its value starts."""
    return line if isinstance(lines, int) else Lines(line, lines.inside)
