import pytest
import yaml

from tests.contract.chart.rendered import CHART, render

ASKED_FOR = {"database": {"provision": True}, "spread": True}


def values_of(case):
    return {"default": {}, "ha": yaml.safe_load((CHART / "values-ha.yaml").read_text()), "asked for": ASKED_FOR}[case]


@pytest.fixture(scope="package", params=["default", "ha", "asked for"])
def chart(request):
    """The chart as it is, with the overlay, and with what is off by default."""
    return render(values_of(request.param))


@pytest.fixture(scope="package")
def ha():
    return render(values_of("ha"))
