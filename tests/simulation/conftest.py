"""The option for the whole set of mutants."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-mutants", action="store_true", help="every mutant, not today's share")
