"""CustomResourceDefinitions, generated from the models."""

from shared.schema.definition import custom_resource_definition

__all__ = ["custom_resource_definition"]
