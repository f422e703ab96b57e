"""The command `flink-operator`: what the services do, without a cluster."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from shared.model import KINDS
from shared.schema import custom_resource_definition

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Work with Flink resources without a cluster."""


@app.command()
def crd(
    output: Annotated[
        Path | None, typer.Option(help="Folder to write one file a kind to; standard output when absent.")
    ] = None,
) -> None:
    """Print the CustomResourceDefinitions, generated from the model."""
    for name, document in definition_documents().items():
        if output is None:
            typer.echo(document, nl=False)
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(document, encoding="utf-8")


def definition_documents() -> dict[str, str]:
    """YAML document of each CRD by file name."""
    definitions = [custom_resource_definition(kind) for kind in KINDS.values()]
    return {f"{one['metadata']['name']}.yaml": _yaml(one) for one in definitions}


def _yaml(document: dict[str, Any]) -> str:
    """One document of a stream: the leading line lets several be concatenated."""
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, width=110, allow_unicode=True)
    return f"---\n{text}"
