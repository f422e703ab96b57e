"""Originals: the objects that Flink's own client makes on a real API server, beside those that we make.

`python -m tests.originals` runs the client for every case and release and prints what is different.
"""
