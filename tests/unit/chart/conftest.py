"""The chart, and the renderings that most tests look at: each is made once."""

import os
import shutil

import pytest

from tests.unit.chart.rendered_chart import Chart, Rendered


@pytest.fixture(scope="session")
def chart() -> Chart:
    helm = os.environ.get("HELM") or shutil.which("helm")
    if helm is None:
        missing = "helm is neither in PATH nor named by HELM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return Chart(helm)


@pytest.fixture(scope="session")
def default(chart: Chart) -> Rendered:
    return chart.render()


@pytest.fixture(scope="session")
def limited(chart: Chart) -> Rendered:
    return chart.render("--set", "watchNamespaces={team-a,team-b}")
