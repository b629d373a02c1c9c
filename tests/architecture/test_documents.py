"""Pages that are made from the code say what the code says; a setting, metric or message without words is an error."""

import pytest

from deploy.docs.applications import build_all
from deploy.docs.pages import PROJECT, SETTINGS, pages
from shared.bus.permissions import unowned
from shared.contracts.catalogue import MESSAGES


@pytest.fixture(scope="module")
def made():
    return pages()


def test_generated_pages_are_up_to_date(made):
    stale = [
        str(path)
        for path, text in made.items()
        if not (PROJECT / path).exists() or (PROJECT / path).read_text() != text
    ]
    assert stale == [], "run `make docs`"


def test_every_setting_has_words():
    silent = [
        f"{title}: {name}" for title, kind in SETTINGS for name, f in kind.model_fields.items() if not f.description
    ]
    assert silent == []


def test_every_metric_has_words():
    silent = [
        family.name
        for app in build_all().values()
        for family in app.metrics.registry.collect()
        if family.name.startswith("seda_") and not family.documentation
    ]
    assert silent == []


def test_every_message_has_words_a_name_of_its_own_and_an_owner():
    names = [message.name for message in MESSAGES]
    assert len(names) == len(set(names))
    assert [message.__name__ for message in MESSAGES if not (message.__doc__ or "").strip()] == []
    assert unowned() == []


def test_every_operation_of_the_apis_has_words():
    silent = [
        f"{name}: {method} {path}"
        for name, app in build_all().items()
        for path, methods in app.http.openapi().get("paths", {}).items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert silent == []
