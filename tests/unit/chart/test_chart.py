"""The chart as a whole: what lint says, and the names of its objects."""

from tests.unit.chart.rendered_chart import CHART, Chart, Rendered


def test_lint_finds_nothing(chart: Chart) -> None:
    result = chart.run("lint", "--strict", str(CHART))
    assert result.returncode == 0, result.stdout


def test_names_are_those_that_users_of_the_java_operator_know(default: Rendered) -> None:
    names = {(each["kind"], each["metadata"]["name"]) for each in default.objects}
    assert names >= {
        ("ConfigMap", "flink-operator-config"),
        ("Service", "flink-operator-webhook-service"),
        ("Issuer", "flink-operator-selfsigned-issuer"),
        ("Certificate", "flink-operator-serving-cert"),
        ("ServiceAccount", "flink"),
        ("Role", "flink"),
        ("RoleBinding", "flink-role-binding"),
    }
