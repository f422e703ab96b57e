"""The admission webhook: answers the API server if a resource may be written, and with which defaults."""

VERSION = "0.1.0"
"""Of the operator: an image holds no package metadata that could tell."""
