"""Why a YAML document cannot be read, in words that help to mend it."""

from typing import Any

import yaml

_TEMPLATE = "{{"
_HINTS = (
    ("found a tab character", "Indent with spaces: YAML takes no tabs there."),
    ("found '\\t'", "Indent with spaces: YAML takes no tabs there."),
    ("cannot start any token", "Put the value in quotes."),
    ("mapping values are not allowed", "Check the indentation, and put a value that holds `: ` in quotes."),
    ("could not find expected ':'", "Is a colon missing, or is the line indented less than its block?"),
    ("did not find expected key", "Check the indentation of this line and of the one before it, and quotes."),
    ("did not find expected '-' indicator", "Check the indentation of this line and of the one before it."),
    ("found unexpected end of stream", "Is a closing quote missing?"),
    ("did not find expected ','", "Is a comma or a closing bracket missing?"),
    ("found unknown escape character", "In double quotes a backslash begins an escape: use single quotes."),
)
"""By what is said of an error; the first that fits is taken."""


class TreeError(Exception):
    """The document cannot be read."""

    def __init__(self, message: str, line: int, column: int, hint: str = "") -> None:
        """`line` and `column` count from 1."""
        super().__init__(message)
        self.message, self.line, self.column, self.hint = message, line, column, hint


class TemplateError(TreeError):
    """The document is a template of Helm's, not rendered."""


class TooDeepError(TreeError):
    """The document is nested deeper than MOST_LEVELS."""


class TooLargeError(TreeError):
    """The document is larger than MOST_BYTES, aliases written out."""


def syntax_error(error: yaml.MarkedYAMLError, first_line: int, text: str) -> TreeError:
    """What libyaml says, in a line."""
    message = error.problem or "it does not parse"
    mark, begin = error.problem_mark, error.context_mark
    line, column = position(mark)
    content = text.rstrip()
    if mark is not None and mark.index >= len(content):  # the end: where something could be added
        line, column = content.count("\n"), len(content) - content.rfind("\n") - 1
    if message == "found character that cannot start any token" and mark is not None:
        message = f"found {text[mark.index : mark.index + 1]!r}, which cannot start any token"
    if error.context and begin is not None and begin.line != line:
        message += f", {error.context} from line {first_line + begin.line}"
    hint = next((hint for words, hint in _HINTS if words in message), "")
    return TreeError(f"is not YAML: {message}", first_line + line, column + 1, hint)


def template_error(error: TreeError, first_line: int, text: str) -> TemplateError | None:
    """What has `{{` where it breaks is most likely meant for Helm."""
    if isinstance(error, TooDeepError | TooLargeError):
        return None
    number = error.line - first_line
    if not any(_TEMPLATE in line for line in text.split("\n")[number : number + 1]):
        return None
    hint = "Render it first: helm template … | flink-operator validate -f -"
    return TemplateError("is a Helm template, not YAML", error.line, error.column, hint)


def position(mark: Any) -> tuple[int, int]:
    """Line and column of PyYAML's mark, from 0; its types allow for events without one."""
    return (mark.line, mark.column) if mark is not None else (0, 0)
