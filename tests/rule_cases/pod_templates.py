"""Pod templates: quantities that cannot be read, and containers none of which is Flink's."""

from collections.abc import Mapping

from tests.rule_cases.case import Case, Found, Json, error, warning
from tests.rule_cases.resources import MEMORY, application

_NOTHING: frozenset[Found] = frozenset()
_MAIN: Json = {"name": "flink-main-container"}
_SIDECAR: Json = {"name": "sidecar"}
_POD = "spec.podTemplate.spec"


def _pod(*containers: Json, **spec: object) -> Json:
    return {"spec": {"containers": list(containers), **spec}}


def _template(*containers: Json, **spec: object) -> Json:
    return application(podTemplate=_pod(*containers, **spec))


_CASES: Mapping[str, tuple[Json, frozenset[Found]]] = {
    "container-twice": (
        _template(_MAIN, _SIDECAR, _MAIN),
        error("FK120", f"{_POD}.containers[2].name"),
    ),
    "quantities": (
        _template(
            _MAIN | {"resources": {"limits": {"memory": "1Gi", "cpu": 0.5}, "requests": {"cpu": "1e-1"}}}
        ),
        _NOTHING,
    ),
    "request-is-a-word": (
        _template(_MAIN | {"resources": {"requests": {"cpu": "half"}}}),
        error("FK127", f"{_POD}.containers[0].resources.requests.cpu"),
    ),
    "limit-has-no-unit": (
        _template(_MAIN, _SIDECAR | {"resources": {"limits": {"memory": "1Gx"}}}),
        error("FK127", f"{_POD}.containers[1].resources.limits.memory"),
    ),
    "size-limit-is-a-word": (
        _template(_MAIN, volumes=[{"name": "v", "emptyDir": {"sizeLimit": "lots"}}]),
        error("FK127", f"{_POD}.volumes[0].emptyDir.sizeLimit"),
    ),
    "overhead-of-a-component": (
        application(taskManager=MEMORY | {"podTemplate": {"spec": {"overhead": {"cpu": "1,5"}}}}),
        error("FK127", "spec.taskManager.podTemplate.spec.overhead.cpu"),
    ),
    "no-container": (_template(), _NOTHING),
    "main-container": (_template(_SIDECAR, _MAIN), _NOTHING),
    "other-container-alone": (_template(_SIDECAR), warning("FK510", f"{_POD}.containers")),
    "container-with-a-similar-name": (
        _template(_SIDECAR, {"name": "flink-main"}),
        warning("FK510", f"{_POD}.containers[1].name"),
    ),
    "container-with-a-misspelt-name": (
        _template({"name": "flink-mian-container"}),
        warning("FK510", f"{_POD}.containers[0].name"),
    ),
    "other-container-of-a-component": (
        application(jobManager=MEMORY | {"podTemplate": _pod(_SIDECAR)}),
        warning("FK510", "spec.jobManager.podTemplate.spec.containers"),
    ),
    "other-container-beside-the-common-main-one": (
        application(podTemplate=_pod(_MAIN), jobManager=MEMORY | {"podTemplate": _pod(_SIDECAR)}),
        _NOTHING,
    ),
    "common-container-beside-the-main-one-of-a-component": (
        application(podTemplate=_pod(_SIDECAR), jobManager=MEMORY | {"podTemplate": _pod(_MAIN)}),
        _NOTHING,
    ),
}

CASES = tuple(Case(f"pod-template-{name}", raw, expected) for name, (raw, expected) in _CASES.items())
