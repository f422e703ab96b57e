"""The command `flink-operator`: what the services do, without a cluster."""

from pathlib import Path
from typing import Annotated

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
    for kind in KINDS.values():
        definition = custom_resource_definition(kind)
        document = yaml.dump(
            definition, Dumper=yaml.CSafeDumper, sort_keys=False, width=110, allow_unicode=True
        )
        if output is None:
            typer.echo(f"---\n{document}", nl=False)
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{definition['metadata']['name']}.yaml").write_text(document, encoding="utf-8")
