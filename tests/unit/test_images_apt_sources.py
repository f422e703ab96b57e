"""Which mirror the machine uses, read from apt's sources in both of their formats."""

from tests.images.debian import sources


def test_one_line_format() -> None:
    text = """
        # deb http://commented.example/debian bookworm main
        deb [arch=amd64 signed-by=/key.gpg] http://mirror.example/debian bookworm main contrib
        deb-src http://mirror.example/debian bookworm main
    """

    assert list(sources(text)) == [("http://mirror.example/debian", ["bookworm"], ["main", "contrib"])]


def test_paragraph_format() -> None:
    text = """Types: deb
# a comment within
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main
"""

    assert list(sources(text)) == [
        ("http://mirror.example/debian", ["bookworm", "bookworm-updates"], ["main"])
    ]
