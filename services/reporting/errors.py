"""Errors of reporting."""

from __future__ import annotations

from shared.http.errors import Invalid, NotFound


class CallRecordNotFound(NotFound):
    """No such call, or another tenant's."""

    code = "call_record_not_found"
    title = "No such call record"


class InvalidPeriod(Invalid):
    """The period ends before it begins."""

    code = "invalid_period"
    title = "The period ends before it begins"
