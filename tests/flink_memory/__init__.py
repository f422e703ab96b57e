"""The memory that Flink itself computes: its class BashJavaUtils, run on generated configurations.

`python -m tests.flink_memory record` writes what it answers to tests/unit/data.
"""
