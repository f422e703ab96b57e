"""A controller whose own options cannot be used says which, and does not start."""

from pathlib import Path

import pytest

from controller.service import run
from controller.settings import Settings
from shared.config.operator import ConfigurationError


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("reconcile.interval", "soon"),
        ("reconcile.interval", "1 ms"),
        ("exception.field.max.length", "many"),
        ("exception.stacktrace.enabled", "perhaps"),
        ("exception.label.mapper", "'[':broken"),
        ("exception.label.mapper", "no pair"),
        ("events.exceptions.stacktrace-lines", "few"),
    ],
)
async def test_option_that_cannot_be_used_is_named(tmp_path: Path, option: str, value: str) -> None:
    key = f"kubernetes.operator.{option}"
    (tmp_path / "config.yaml").write_text(f'{key}: "{value}"\n', "utf-8")
    settings = Settings.from_environment({"FLINK_CONF_DIR": str(tmp_path)})
    with pytest.raises(ConfigurationError, match=key.replace(".", r"\.")):
        await run(settings)
