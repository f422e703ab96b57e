"""What Kubernetes says of pods that do not run, in plain words: what is wrong, where, and what to do."""

import re
from collections.abc import Mapping
from typing import Any

from controller.flink.stack_trace import root_cause
from controller.observation import Problem

FAILED_CREATE = "FailedCreate"
CRASH_LOOP = "CrashLoopBackOff"

_LONGEST_CAUSE = 400  # characters
_POD_IS_FORBIDDEN = re.compile(r'^pods "[^"]*" is forbidden: ')
_NO_ACCOUNT = re.compile(r"error looking up service account (?P<namespace>\S+)/(?P<name>[^\s:]+):.*not found")
_QUOTA = re.compile(r"exceeded quota: (?P<quota>[^\s,]+), (?P<amounts>.*)", re.DOTALL)
_INVALID = re.compile(r"\bis invalid: ")
_NO_JAR = re.compile(r"JAR file does not exist '(?P<jar>[^']+)'")
_NO_CLASS = re.compile(
    r"entry point class '(?P<native>[^']+)' was not found|provided job class \((?P<standalone>[^)]+)\)"
    r"|ClassNotFoundException: (?P<cause>\S+)(?=\n(?:.*\n)*?.*PackagedProgram\.loadMainClass)"
)
"""The last is the end of the same trace, which is all that fits where it is long."""
_NO_MANIFEST = re.compile(r"Neither a 'Main-Class'.*entry was found")
_FORBIDDEN = re.compile(r'User "system:serviceaccount:[^:"]+:(?P<account>[^"]+)" (?P<what>cannot [^.\n]+)')
_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \S+ +(?P<level>[A-Z]+) +.*? - (?P<text>.*)$")
_TELLING = re.compile(r"\b(ERROR|FATAL)\b|(Exception|Error)\b")


def refused(what: str, message: str) -> Problem:
    """The API server refuses an object; `what` names it, as in "the pods of Deployment orders"."""
    said = _one_line(_POD_IS_FORBIDDEN.sub("", message))
    if account := _NO_ACCOUNT.search(said):
        text = (
            f"Service account {account['name']} does not exist in namespace {account['namespace']}, "
            f"so {what} cannot be made. Create it, or name another one in spec.serviceAccount."
        )
    elif quota := _QUOTA.search(said):
        text = (
            f"Quota {quota['quota']} of the namespace leaves no room for {what}: {quota['amounts']}. "
            "Raise the quota, or lower what the cluster asks for."
        )
    else:
        hint = " Correct the pod template." if _INVALID.search(said) else ""
        text = f"The API server refuses {what}: {said.rstrip('.')}.{hint}"
    return Problem(FAILED_CREATE, text)


def not_pulled(pod: str, container: str, image: str, detail: str) -> Problem:
    """ErrImagePull and ImagePullBackOff take turns: one reason and one text for both."""
    detail = detail.removeprefix(f'Back-off pulling image "{image}": ').removeprefix("ErrImagePull: ")
    told = f": {_one_line(detail).rstrip('.')}" if detail.strip() else ""
    return Problem(
        "ImagePullBackOff",
        f"Image {image} of container {container} in pod {pod} cannot be pulled{told}. "
        "Check its name and tag, and imagePullSecrets in the pod template if the registry wants a login.",
    )


def unschedulable(pod: str, message: str) -> Problem:
    """The scheduler's own words, and what they ask for."""
    said = _one_line(message).rstrip(".") or "no node fits"
    if "persistentvolumeclaim" in said.lower():
        hint = "Create the claim, or change the volume in the pod template."
    elif "affinity/selector" in said or "untolerated taint" in said:
        hint = "Change nodeSelector, affinity or tolerations in the pod template, or add nodes that fit."
    else:
        hint = "Lower what it asks for, or add nodes."
    return Problem("Unschedulable", f"Pod {pod} finds no node: {said}. {hint}")


def not_mounted(pod: str, reason: str, message: str) -> Problem:
    """A volume, or the sandbox that containers run in."""
    said = _one_line(message).rstrip(".")
    hint = " Create it in the namespace, or change the volume in the pod template." if _missing(said) else ""
    return Problem(reason, f"Pod {pod} cannot start: {said}.{hint}")


def not_made(pod: str, container: str, reason: str, message: str) -> Problem:
    """A container that the node cannot make or start."""
    said = _one_line(message).rstrip(".") or reason
    hint = " Create it in the namespace, or take it out of the pod template." if _missing(said) else ""
    return Problem(reason, f"Container {container} of pod {pod} cannot run: {said}.{hint}")


def crashed(pod: str, container: str, image: str, terminated: Mapping[str, Any]) -> Problem:
    """A container that ended, by its state `terminated`, which holds the last lines of its log.

    The text is the same for every crash with the same cause, so that it is told once.
    """
    text = str(terminated.get("message") or "")
    where = f"Container {container} of pod {pod}"
    if terminated.get("reason") == "OOMKilled":
        return Problem(
            "OOMKilled",
            f"{where} used more memory than its limit and was killed. Raise the memory of its component "
            "(spec.jobManager or spec.taskManager).",
        )
    if jar := _NO_JAR.search(text):
        found = f"{jar['jar']} is not in image {image}. Correct spec.job.jarURI, or put the jar there."
        return Problem(CRASH_LOOP, f"{where} cannot start the job: {found}")
    if name := _NO_CLASS.search(text):
        main = name["native"] or name["standalone"] or name["cause"]
        found = f"its main class {main} is not in the jar. Correct spec.job.entryClass, or spec.job.jarURI."
        return Problem(CRASH_LOOP, f"{where} cannot start the job: {found}")
    if _NO_MANIFEST.search(text):
        found = "the jar's manifest names no main class. Set spec.job.entryClass."
        return Problem(CRASH_LOOP, f"{where} cannot start the job: {found}")
    if forbidden := _FORBIDDEN.search(text):
        found = f"service account {forbidden['account']} {forbidden['what']}"
        return Problem(CRASH_LOOP, f"{where} cannot run: {found}. Bind it to a Role that allows it.")
    cause = _cause(text)
    told = f"{where} ended with exit code {terminated.get('exitCode')}{f': {cause}' if cause else ''}."
    return Problem(CRASH_LOOP, f"{told} Its log tells more: kubectl logs {pod} -c {container} --previous")


def _cause(log: str) -> str:
    """The innermost cause of the last lines of a log, or else the last line that tells of an error."""
    lines = [line for line in log.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    if causes:
        return _cut(root_cause(causes[-1].removeprefix("Caused by: ")))
    telling = [line for line in lines if _TELLING.search(line) and not line.startswith(("\t", " "))]
    line = (telling or lines or [""])[-1]
    entry = _LOG_LINE.match(line)
    return _cut(_one_line(entry["text"] if entry else line))


def _missing(text: str) -> bool:
    return "not found" in text or "couldn't find key" in text


def _cut(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= _LONGEST_CAUSE else f"{text[: _LONGEST_CAUSE - 1]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())
