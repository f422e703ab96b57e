"""The page of all options of the operator and the autoscaler, as Markdown."""

from collections.abc import Sequence

from cli.markdown import document, listed, prose, table
from shared.config.autoscaler_options import AUTOSCALER_OPTIONS, OLDER_PREFIX
from shared.config.known_options import OPTIONS
from shared.config.registry import Option, Scope

_NOTICE = "<!-- Generated from shared/config by `make reference`. -->"

_SECTIONS = {
    Scope.RESOURCE: (
        "Options for resources",
        "Set them in `spec.flinkConfiguration`, or as defaults of the operator, of a namespace or of a Flink"
        " version. A change of these alone does not deploy a job anew.",
    ),
    Scope.SYSTEM: (
        "Options of the operator",
        "Set them in the operator's configuration, for a namespace or a Flink version too. In a resource they"
        " have no effect.",
    ),
    Scope.ADVANCED: (
        "Advanced options of the operator",
        "As those above; there is seldom a reason to change them.",
    ),
    Scope.BLUE_GREEN: (
        "Options of blue-green deployments",
        "Set them in `spec.configuration` of a FlinkBlueGreenDeployment, and nowhere else.",
    ),
}


def options_reference() -> str:
    """Every option: its type, its default, its older names, and what it does."""
    blocks = [
        "# Options",
        _NOTICE,
        "What the operator and the autoscaler read. Flink's own options are on Flink's pages."
        " [Configuration](../configuration.md) tells where options are set, and which wins.",
        "`<name>` stands for a name of your choice. An option is also read under its older names; the newest"
        " that is set wins.",
    ]
    for scope, (title, about) in _SECTIONS.items():
        options = [one for one in OPTIONS if one.scope is scope and one not in AUTOSCALER_OPTIONS]
        blocks += [f"## {title}", about, _table(options)]
    blocks += [
        "## Options of the autoscaler",
        f"Set them as options for resources. Each is also read with `{OLDER_PREFIX}` before the rest of its"
        " name.",
        _table(AUTOSCALER_OPTIONS),
    ]
    return document(blocks)


def _table(options: Sequence[Option]) -> str:
    rows = [
        [f"`{one.key}`", one.type.name, _default(one), prose(one.description), _older_names(one)]
        for one in sorted(options, key=lambda one: one.key)
    ]
    return table(["option", "type", "default", "", "older names"], rows)


def _default(option: Option) -> str:
    return f"`{option.default}`" if option.default else ""


def _older_names(option: Option) -> str:
    names = [name for name in option.older_keys if not name.startswith(OLDER_PREFIX)]
    return listed(names) if names else ""
