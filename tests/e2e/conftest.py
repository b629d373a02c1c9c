"""Fixtures of the end-to-end tests."""

from tests.support.company import company, real_company

__all__ = ["company", "real_company"]
