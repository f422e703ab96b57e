"""Files cut at their document markers before they are parsed: a broken document hides none after it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cli.yaml_errors import TooLargeError, TreeError
from cli.yaml_tree import MOST_BYTES, Tree, trees

_MARKER = re.compile(r"^(---|\.\.\.)(?=[ \t\n]|\Z)", re.MULTILINE)
_CONTROL = re.compile("[^\\t\\n\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_CONTENT = re.compile(r"^[ \t]*+[^\s#]", re.MULTILINE)
_DIRECTIVE = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\n)*+%")
_JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}]', re.DOTALL)
_JSON_ESCAPE = re.compile(r"\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})|\\.")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Text between two document markers."""

    text: str
    line: int
    """Of the file, where the text starts."""
    is_document: bool
    """Whether there is a document even if the text is empty: the text begins with `---`."""

    @property
    def is_blank(self) -> bool:
        """Whether there are only comments."""
        text = self.text.removeprefix("---") if self.is_document else self.text
        return _CONTENT.search(text) is None

    def trees(self) -> Iterator[Tree]:
        """What stands in it, usually one document. Raises TreeError."""
        if _DIRECTIVE.match(self.text):
            hint = "Remove the line: kubectl takes no directives either."
            raise TreeError("begins with a YAML directive", self.line, 1, hint)
        control = _CONTROL.search(self.text)
        if control is not None:
            found = f"is not YAML: it holds the control character {control[0]!r}"
            raise TreeError(found, *self._position(control.start()))
        is_json = self.text.lstrip().startswith("{")
        for piece in _json_values(self) if is_json else (self,):
            if len(piece.text) > MOST_BYTES:
                raise TooLargeError("", piece.line, 1)
            yield from trees(_with_characters(piece.text) if is_json else piece.text, piece.line)

    def _position(self, index: int) -> tuple[int, int]:
        """Line of the file and column, from 1."""
        before = self.text[:index]
        return self.line + before.count("\n"), index - before.rfind("\n")


def chunks(text: str) -> Iterator[Chunk]:
    """The text at its document markers, which can stand nowhere else: in no string and no block either."""
    start, line, is_document = 0, 1, False
    for marker in _MARKER.finditer(text):
        yield Chunk(text[start : marker.start()], line, is_document)
        line += text.count("\n", start, marker.start())
        is_document = marker[1] == "---"
        start = marker.start() if is_document else marker.end()
    yield Chunk(text[start:], line, is_document)


def _json_values(chunk: Chunk) -> list[Chunk]:
    """JSON values one after another, as jq writes them; YAML in braces is one value."""
    values, level, start, line = [], 0, 0, chunk.line
    text = chunk.text
    for token in _JSON_TOKEN.finditer(text):
        level += {"{": 1, "}": -1}.get(token[0], 0)
        if token[0] == "}" and level == 0:
            values.append(Chunk(text[start : token.end()], line, is_document=False))
            line += text.count("\n", start, token.end())
            start = token.end()
    is_stream = level == 0 and not text[start:].strip()
    return values if is_stream and all(one.text.lstrip().startswith("{") for one in values) else [chunk]


def _with_characters(json: str) -> str:
    """JSON writes characters beyond 16 bits as two escapes, YAML does not take these."""
    if "\\ud" not in json.lower():
        return json

    def character(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        return (bytes.fromhex(match[1]) + bytes.fromhex(match[2])).decode("utf-16-be")

    return _JSON_ESCAPE.sub(character, json)
