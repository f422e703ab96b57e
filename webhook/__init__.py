"""The admission webhook: answers the API server if a resource may be written, and with which defaults."""
