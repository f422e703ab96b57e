"""What only a program says, and no message to a user may hold."""

import re

PROGRAM_TEXT = re.compile(
    r"Traceback|Exception|\w+Error\b|pydantic|orjson|\.py\b|<class|object at 0x|invalid literal|NoneType"
)
