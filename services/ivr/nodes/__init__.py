"""Every kind of node there is, by its ``type``."""

from __future__ import annotations

from typing import Final

from services.ivr.domain.node import Kind
from services.ivr.nodes import (
    branch,
    callback_request,
    clock,
    conference,
    customer_lookup,
    echo,
    extension,
    external,
    gather,
    give_back,
    hangup,
    http_request,
    language,
    mailbox,
    menu,
    play,
    queue,
    record_message,
    record_prompt,
    ring_group,
    say,
    schedule,
    set,
    speech,
    subflow,
    survey,
    voicemail,
    voicemail_deposit,
)

NODES: Final[dict[str, Kind]] = {
    "menu": menu.KIND,
    "play": play.KIND,
    "say": say.KIND,
    "gather": gather.KIND,
    "speech": speech.KIND,
    "language": language.KIND,
    "schedule": schedule.KIND,
    "branch": branch.KIND,
    "set": set.KIND,
    "http_request": http_request.KIND,
    "customer_lookup": customer_lookup.KIND,
    "queue": queue.KIND,
    "ring_group": ring_group.KIND,
    "extension": extension.KIND,
    "external": external.KIND,
    "voicemail": voicemail.KIND,
    "record_message": record_message.KIND,
    "survey": survey.KIND,
    "callback_request": callback_request.KIND,
    "subflow": subflow.KIND,
    "return": give_back.KIND,
    "conference": conference.KIND,
    "hangup": hangup.KIND,
}

BUILT_IN_NODES: Final[dict[str, Kind]] = {
    "voicemail_deposit": voicemail_deposit.KIND,
    "mailbox": mailbox.KIND,
    "record_prompt": record_prompt.KIND,
    "clock": clock.KIND,
    "echo": echo.KIND,
}
"""Kinds that stand only in Seda's own flows (``services.ivr.domain.built_in``): no tenant writes them."""

KINDS: Final[dict[str, Kind]] = NODES | BUILT_IN_NODES
"""Every kind that a call can be in."""
