"""Guards of session jobs and their clusters, each for the simulation to miss."""

from tests.simulation.mutants import Mutant

OF_SESSIONS: tuple[Mutant, ...] = (
    Mutant(
        "takes a JobManager that does not answer for one that does not know the job",
        "decide/session/guards.py",
        "    is_unlisted = isinstance(now.observation.job, Absent) or ",
        "    is_unlisted = not isinstance(now.observation.job, Known) or ",
    ),
    Mutant(
        "forgets the id on record and takes a new one",
        "decide/session/steps.py",
        "    job_id = recorded or job_id_of_next_run(now)",
        "    job_id = job_id_of_next_run(now)",
    ),
    Mutant(
        "replaces the cluster before its jobs are parked",
        "decide/session/cluster.py",
        "    return bool(jobs_to_stop_first(now))",
        "    return False",
    ),
    Mutant(
        "deletes the cluster although jobs have state",
        "decide/deletion.py",
        "    if stateful := jobs_with_state_to_lose(now):",
        "    if stateful := jobs_with_state_to_lose(now)[:0]:",
    ),
    Mutant(
        "lets a resource go while its submission may still come",
        "decide/session/deletion.py",
        "    if its_submission_may_still_come(now) or not",
        "    if not",
    ),
    Mutant(
        "keeps the uploaded jar",
        "jar_uploads.py",
        "        del self._kept[jar]\n        await self._delete(jar)\n",
        "        del self._kept[jar]\n",
    ),
    Mutant(
        "submits another spec beside one that may still come",
        "decide/session/table.py",
        "session.what_was_submitted_may_still_come_and_is_not_wanted, submission.wait",
        "lambda _: False, submission.wait",
    ),
    Mutant(
        "lets a job and its cluster wait for each other",
        "decide/session/table.py",
        "        steps.take_its_submission_back,",
        "        submission.wait,",
    ),
    Mutant(
        "notes the end of a job before its newest checkpoint",
        "decide/session/steps.py",
        "    if keeps_state(now) and its_end_is_half_told(",
        "    if False and its_end_is_half_told(",
    ),
    Mutant(
        "leaves jobs without state to a Flink that cannot read their metadata",
        "decide/session/guards.py",
        "    return (keeps_state(now) or would_come_back) and it_is_alive(now)",
        "    return keeps_state(now) and it_is_alive(now)",
    ),
)
