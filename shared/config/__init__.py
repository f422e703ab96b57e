"""Flink's and the operator's configuration: formats, options, layers."""
