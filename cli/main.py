"""The command `flink-operator`: what the services do, without a cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from cli.certificates import certificates
from cli.config import config
from cli.lifecycle_reference import lifecycle_reference
from cli.options_reference import options_reference
from cli.reference import reference_documents
from cli.render import render
from cli.rules_reference import rules_reference
from cli.validate import validate
from shared.model import KINDS
from shared.schema import custom_resource_definition

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(validate)
app.command()(config)
app.command()(render)
app.command()(certificates)


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
    documents = definition_documents()
    if output is None:
        typer.echo("".join(documents.values()), nl=False)
    else:
        _write(documents, output)


@app.command()
def reference(
    output: Annotated[Path, typer.Option(help="Folder to write a page a kind to, and an index.")],
) -> None:
    """Write the reference of every field, option and rule in Markdown, generated from the model."""
    _write(reference_pages(), output)


def reference_pages() -> dict[str, str]:
    """Markdown page by file name: the index, a page a kind, the lifecycle, the options and the rules."""
    return {
        **reference_documents(),
        "lifecycle.md": lifecycle_reference(),
        "options.md": options_reference(),
        "rules.md": rules_reference(),
    }


def definition_documents() -> dict[str, str]:
    """YAML document of each CRD by file name."""
    definitions = [custom_resource_definition(kind) for kind in KINDS.values()]
    return {f"{one['metadata']['name']}.yaml": _yaml(one) for one in definitions}


def _write(documents: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")


def _yaml(document: dict[str, Any]) -> str:
    """One document of a stream: the leading line lets several be concatenated."""
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, width=110, allow_unicode=True)
    return f"---\n{text}"
