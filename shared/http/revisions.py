"""``If-Match`` and ``ETag``: a change of what somebody else changed meanwhile is refused."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Response

from shared.http.errors import Invalid, PreconditionFailed

_REVISION = re.compile(r'(?:W/)?"?([1-9][0-9]{0,8})"?')


class IfMatchInvalid(Invalid):
    """If-Match holds a revision, as the ETag gave it."""

    code = "if_match_invalid"
    title = 'If-Match must hold one revision, such as "3"'


async def if_match(
    value: Annotated[
        str | None,
        Header(alias="If-Match", max_length=64, description="change the revision with this ETag only, else 412"),
    ] = None,
) -> int | None:
    """The revision a change is meant for; none: whichever stands.

    Raises:
        IfMatchInvalid: it is no revision.
    """
    if value is None or value.strip() == "*":
        return None
    match = _REVISION.fullmatch(value.strip())
    if match is None:
        raise IfMatchInvalid(field="If-Match")
    return int(match[1])


IfMatch = Annotated[int | None, Depends(if_match)]


def check_revision(row: Any, *revisions: int | None) -> None:
    """Raises PreconditionFailed when ``row`` has another revision than one of ``revisions`` (none: any)."""
    for revision in revisions:
        if revision is not None and revision != row.revision:
            raise PreconditionFailed(f"it has revision {row.revision} by now", field="revision")


def tag(response: Response, row: Any) -> None:
    """Tell the revision as ETag."""
    response.headers["ETag"] = f'"{row.revision}"'
