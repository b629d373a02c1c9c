from tests.support.reporting import reporting  # noqa: F401 -- a fixture
