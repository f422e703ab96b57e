"""Jars of session jobs: from where they lie to a JobManager, without touching the disk."""
