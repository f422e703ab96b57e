"""Job ids: fixed before submission, and derived, so that a repeated decision comes to the same id."""

import hashlib


def next_job_id(uid: str, generation: int, previous: str | None) -> str:
    """The id of the next run: 32 hexadecimal digits, as Flink wants them."""
    seed = f"{uid}/{generation}/{previous or ''}"
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def trigger_id(uid: str, job_id: str | None, at: int) -> str:
    """The id of a savepoint that is triggered at that time (milliseconds since 1970)."""
    seed = f"{uid}/{job_id or ''}/savepoint/{at}"
    return hashlib.sha256(seed.encode()).hexdigest()[:32]
