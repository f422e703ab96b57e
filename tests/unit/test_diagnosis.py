"""What Kubernetes says of pods that do not run, in plain words: what is wrong, where, and what to do."""

from pathlib import Path
from typing import Any

import pytest

from controller.diagnosis import crashed, not_made, not_mounted, not_pulled, refused, unschedulable
from controller.observation import Problem

Json = dict[str, Any]
POD, CONTAINER = "orders-1", "flink-main-container"
WHERE = f"Container {CONTAINER} of pod {POD}"
PODS = "the pods of Deployment orders"
_LAST_LINES = Path(__file__).parent / "data" / "termination_messages"


def last_lines(name: str) -> str:
    """As a real JobManager of Flink 2.3 left them."""
    return (_LAST_LINES / f"{name}.txt").read_text("utf-8")


def crash(message: str = "", **terminated: Any) -> Problem:
    return crashed(POD, CONTAINER, "flink:2.3", {"exitCode": 1, "message": message, **terminated})


# Refused pods


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'pods "orders-5f87-" is forbidden: error looking up service account shop/nobody: '
            'serviceaccount "nobody" not found',
            f"Service account nobody does not exist in namespace shop, so {PODS} cannot be made. "
            "Create it, or name another one in spec.serviceAccount.",
        ),
        (
            'pods "orders-5f87-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, '
            "limited: pods=5",
            f"Quota small of the namespace leaves no room for {PODS}: requested: pods=1, used: pods=5, "
            "limited: pods=5. Raise the quota, or lower what the cluster asks for.",
        ),
        (
            'Pod "orders-5f87" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "nowhere"',
            f'The API server refuses {PODS}: Pod "orders-5f87" is invalid: '
            'spec.containers[0].volumeMounts[0].name: Not found: "nowhere". Correct the pod template.',
        ),
        (
            'pods "orders-5f87" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot',
            f'The API server refuses {PODS}: violates PodSecurity "restricted:latest": runAsNonRoot.',
        ),
    ],
    ids=["service-account", "quota", "template", "policy"],
)
def test_refused_pods_tell_who_refuses_them_and_what_to_do(said: str, told: str) -> None:
    assert refused(PODS, said) == Problem("FailedCreate", told)


# Waiting pods


def test_image_that_cannot_be_pulled_is_named_with_its_container() -> None:
    problem = not_pulled(POD, CONTAINER, "flink:none", "manifest unknown")
    assert problem.reason == "ImagePullBackOff"
    assert problem.message.startswith(
        f"Image flink:none of container {CONTAINER} in pod {POD} cannot be pulled: manifest unknown. "
    )
    assert "imagePullSecrets" in problem.message


def test_both_phases_of_a_failing_pull_give_the_same_text() -> None:
    pausing = 'Back-off pulling image "flink:none": ErrImagePull: not found'
    assert not_pulled(POD, CONTAINER, "flink:none", pausing) == not_pulled(
        POD, CONTAINER, "flink:none", "not found"
    )


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("0/1 nodes are available: 1 Insufficient cpu.", "Lower what it asks for, or add nodes."),
        ('persistentvolumeclaim "data" not found', "Create the claim"),
        ("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "nodeSelector"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint(s).", "tolerations"),
    ],
)
def test_pod_without_a_node_tells_what_to_do(said: str, hint: str) -> None:
    problem = unschedulable(POD, said)
    assert problem.reason == "Unschedulable"
    assert problem.message.startswith(f"Pod {POD} finds no node: {said.rstrip('.')}. ")
    assert hint in problem.message


@pytest.mark.parametrize("missing", ['configmap "c" not found', 'secret "s" not found'])
def test_volume_that_is_missing_is_to_be_created(missing: str) -> None:
    problem = not_mounted(POD, "FailedMount", f'MountVolume.SetUp failed for volume "v" :\n {missing}')
    assert problem == Problem(
        "FailedMount",
        f'Pod {POD} cannot start: MountVolume.SetUp failed for volume "v" : {missing}. '
        "Create it in the namespace, or change the volume in the pod template.",
    )


@pytest.mark.parametrize("missing", ['secret "s" not found', "couldn't find key k in ConfigMap shop/c"])
def test_reference_of_a_container_that_is_missing_is_to_be_created(missing: str) -> None:
    problem = not_made(POD, CONTAINER, "CreateContainerConfigError", missing)
    assert problem.message.startswith(f"{WHERE} cannot run: {missing}. Create it in the namespace")


# Crashes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "main_class_is_missing",
            ("main class com.example.Missing is not in the jar", "spec.job.entryClass"),
        ),
        ("jar_is_missing", ("/opt/flink/usrlib/none.jar is not in image flink:2.3", "spec.job.jarURI")),
    ],
)
def test_job_that_cannot_start_is_told_by_the_last_lines_of_the_log(
    name: str, words: tuple[str, ...]
) -> None:
    problem = crash(last_lines(name))
    assert problem.reason == "CrashLoopBackOff"
    assert problem.message.startswith(f"{WHERE} cannot start the job: ")
    assert all(one in problem.message for one in words)


def test_main_class_that_a_standalone_cluster_misses_is_told() -> None:
    said = (
        "Caused by: org.apache.flink.util.FlinkException: Could not find the provided job class (my.Job) in"
    )
    assert "main class my.Job is not in the jar" in crash(said).message


def test_main_class_is_told_by_the_end_of_a_trace_whose_beginning_is_cut_off() -> None:
    said = (
        "\tat org.apache.flink.client.program.PackagedProgram.<init>(PackagedProgram.java:153)\n"
        "Caused by: java.lang.ClassNotFoundException: my.Job\n"
        "\tat java.base/java.lang.ClassLoader.loadClass(Unknown Source)\n"
        "\tat org.apache.flink.client.program.PackagedProgram.loadMainClass(PackagedProgram.java:479)\n"
        "\t... 11 more\n"
    )
    assert "main class my.Job is not in the jar" in crash(said).message


def test_class_that_the_job_itself_misses_is_not_taken_for_its_main_class() -> None:
    said = (
        "Caused by: java.lang.ClassNotFoundException: my.Library\n"
        "\tat java.base/java.lang.ClassLoader.loadClass(Unknown Source)\n"
        "\tat my.Job.main(Job.java:7)\n"
    )
    assert "main class" not in crash(said).message


def test_jar_without_a_main_class_is_told() -> None:
    said = (
        "ProgramInvocationException: Neither a 'Main-Class', nor a 'program-class' entry was found in the jar"
    )
    assert "Set spec.job.entryClass." in crash(said).message


def test_account_that_may_not_do_something_is_told() -> None:
    said = 'Message: pods is forbidden: User "system:serviceaccount:shop:flink" cannot list resource "pods".'
    assert 'service account flink cannot list resource "pods"' in crash(said).message


def test_container_that_used_too_much_memory_is_told_so() -> None:
    problem = crash(reason="OOMKilled", exitCode=137)
    assert problem.reason == "OOMKilled"
    assert "Raise the memory" in problem.message


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("", ""),
        ("cannot reach the bucket\n", ": cannot reach the bucket"),
        (
            "java.lang.Error: a\n\tat b\nCaused by: java.lang.Error: inner\n\tat c\n",
            ": java.lang.Error: inner",
        ),
        (
            "2026-11-21 21:22:41,354 ERROR org.apache.flink.X [] - No space left.\n"
            "2026-11-21 21:22:41,360 INFO  org.apache.flink.Y [] - Shutting down\n",
            ": No space left",
        ),
        ("WARNING: a\nlast line", ": last line"),
    ],
    ids=["silent", "one-line", "causes", "log", "neither"],
)
def test_other_crash_tells_its_cause_and_where_the_log_is(log: str, cause: str) -> None:
    assert crash(log).message == (
        f"{WHERE} ended with exit code 1{cause}. "
        f"Its log tells more: kubectl logs {POD} -c {CONTAINER} --previous"
    )


def test_log_without_the_cause_is_no_riddle() -> None:
    """A JobManager that failed for want of rights leaves the tail of a trace, and then its farewell."""
    assert "Its log tells more" in crash(last_lines("fatal_error"), exitCode=239).message


def test_long_cause_is_cut() -> None:
    assert len(crash(f"java.lang.Error: {'x' * 5000}").message) < 700
