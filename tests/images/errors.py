class ImageError(Exception):
    """An image cannot be built; the message is one line for the user: what failed and what to do."""
