"""What is kept between builds, under which key, and for how long."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images import cache

KEYS = [digit * 64 for digit in "abc"]


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def silent(_: str) -> None:
    pass


def writing(text: str) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        target.write_text(text)

    return make


def test_made_once_and_taken_from_the_cache_afterwards() -> None:
    first = cache.once("thing", KEYS[0], writing("made"), silent, suffix=".tar")
    second = cache.once("thing", KEYS[0], writing("made again"), silent, suffix=".tar")

    assert first == second
    assert first.read_text() == "made"
    assert first.name == "thing-aaaaaaaaaaaa.tar"


def test_a_making_that_fails_leaves_nothing() -> None:
    def make(target: Path) -> None:
        target.write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        cache.once("thing", KEYS[0], make, silent)

    assert list(cache.folder().glob("*thing*")) == []


def test_what_a_killed_process_left_is_removed() -> None:
    abandoned = cache.folder() / ".thing.killed"
    abandoned.mkdir()
    (abandoned / "half").write_text("half")

    cache.once("thing", KEYS[0], writing("made"), silent)

    assert not abandoned.exists()


def test_of_one_name_the_two_used_last_stay() -> None:
    old, used, new = KEYS
    paths = {key: cache.once("thing", key, writing(key), silent) for key in (old, used)}
    for key, age in ((old, 10), (used, 20)):
        os.utime(paths[key], (age, age))
    other = cache.once("other", old, writing("other"), silent)
    cache.once("thing", used, writing("not called"), silent)

    newest = cache.once("thing", new, writing(new), silent)

    assert not paths[old].exists()
    assert paths[used].exists()
    assert newest.exists()
    assert other.exists()


def test_two_that_want_the_same_take_turns() -> None:
    made: list[str] = []
    entered, leave, waiting = threading.Event(), threading.Event(), threading.Event()

    def make(target: Path) -> None:
        made.append(target.name)
        entered.set()
        assert leave.wait(timeout=10)
        target.write_text("made")

    first = threading.Thread(target=cache.once, args=("thing", KEYS[0], make, silent))
    second = threading.Thread(target=cache.once, args=("thing", KEYS[0], make, lambda _: waiting.set()))
    first.start()
    assert entered.wait(timeout=10)
    second.start()
    told = waiting.wait(timeout=10)
    leave.set()
    first.join(timeout=10)
    second.join(timeout=10)

    assert told
    assert made == ["thing-aaaaaaaaaaaa"]


def test_the_key_changes_with_content_and_names_and_rights(tmp_path: Path) -> None:
    source = tmp_path / "package"
    source.mkdir()
    module = source / "module.py"
    module.write_text("x = 1\n")
    keys = [cache.key_of([source])]

    module.write_text("x = 2\n")
    keys.append(cache.key_of([source]))
    module = module.rename(source / "renamed.py")
    keys.append(cache.key_of([source]))
    module.chmod(0o755)
    keys.append(cache.key_of([source]))
    keys.append(cache.key_of(["recipe", source]))

    assert len(set(keys)) == len(keys)


def test_the_key_does_not_depend_on_the_checkout_or_on_bytecode(tmp_path: Path) -> None:
    for checkout in ("one", "two"):
        package = tmp_path / checkout / "package"
        package.mkdir(parents=True)
        (package / "module.py").write_text("x = 1\n")
    (tmp_path / "two" / "package" / "__pycache__").mkdir()
    (tmp_path / "two" / "package" / "__pycache__" / "module.cpython-311.pyc").write_bytes(b"\0")

    assert cache.key_of([tmp_path / "one" / "package"]) == cache.key_of([tmp_path / "two" / "package"])
