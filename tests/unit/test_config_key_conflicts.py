"""Keys that begin other keys, and what to do about them."""

import pytest

from shared.config.key_conflicts import key_conflicts


@pytest.mark.parametrize(
    ("keys", "remedy"),
    [
        (
            ["high-availability", "high-availability.storageDir"],
            "Use high-availability.type instead of high-availability.",
        ),
        (["state.backend", "state.backend.type"], "Remove state.backend."),
        (
            ["metrics.scope.jm", "metrics.scope.jm.job"],
            "Use metrics.scope.jm-job instead of metrics.scope.jm.job.",
        ),
        (["my.own", "my.own.option"], "Remove one of the two."),
    ],
)
def test_remedy_is_the_newest_name_unless_it_is_set_already(keys: list[str], remedy: str) -> None:
    (conflict,) = key_conflicts(keys)
    assert (conflict.prefix, conflict.key, conflict.remedy) == (keys[0], keys[1], remedy)


@pytest.mark.parametrize("keys", [[], ["a"], ["a.b", "a.c"], ["a", "a-b.c"], ["a.b", "a.bc.d"]])
def test_keys_of_different_branches_are_no_conflict(keys: list[str]) -> None:
    assert list(key_conflicts(keys)) == []


def test_each_key_that_begins_others_is_named_once_whatever_lies_between() -> None:
    keys = ["a.b.d", "a-z", "a", "a.b", "a.b.c", "a!"]
    assert [(one.prefix, one.key) for one in key_conflicts(keys)] == [("a", "a.b"), ("a.b", "a.b.c")]
