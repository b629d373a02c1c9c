"""Feature codes: what a phone dials to change its own extension."""

from __future__ import annotations

from collections.abc import Callable

from services.routing.domain import programs
from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.config import Settings
from services.routing.domain.route import (
    AgentAction,
    ChangeAgentState,
    Confirm,
    EchoTest,
    Effect,
    ForwardingKind,
    Refusal,
    SetDoNotDisturb,
    SetForwarding,
)
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.numbers import NumberError, extension_number, normalise

ECHO = "*43"
FORWARD_ON: dict[str, ForwardingKind] = {
    "*72": "always",
    "*90": "busy",
    "*92": "no_answer",
    "*94": "unreachable",
}
"""Followed by the number to forward to."""
FORWARD_OFF: dict[str, ForwardingKind] = {
    "*73": "always",
    "*91": "busy",
    "*93": "no_answer",
    "*95": "unreachable",
}
DO_NOT_DISTURB = {"*78": True, "*79": False}
PROGRAMS: dict[str, Callable[[Call, str], str]] = {
    "*97": lambda call, _: f"mailbox:{call.caller.number if call.caller else ''}",
    "*98": lambda _, __: "mailbox:",
    "*60": lambda _, __: "clock:",
    "*77": lambda _, slug: f"record-prompt:{slug}",
}
"""Codes that a program answers: one's own mailbox, anybody's, the speaking clock, recording the prompt of that name."""

AGENTS: dict[str, AgentAction] = {"*50": "sign_in", "*51": "sign_out", "*52": "pause", "*53": "unpause"}
"""What the agent at the extension does from now on."""

CONFIRMATIONS = {
    **dict.fromkeys(FORWARD_ON, "forwarding-on"),
    **dict.fromkeys(FORWARD_OFF, "forwarding-off"),
    "*78": "dnd-on",
    "*79": "dnd-off",
    "*50": "agent-signed-in",
    "*51": "agent-signed-out",
    "*52": "agent-paused",
    "*53": "agent-ready",
}
"""What who dialled a code is told once it is done."""

_ENABLED: dict[str, Callable[[Settings], bool]] = {
    **dict.fromkeys((*FORWARD_ON, *FORWARD_OFF), lambda settings: settings.forwarding_codes),
    **dict.fromkeys(DO_NOT_DISTURB, lambda settings: settings.do_not_disturb_codes),
    ECHO: lambda settings: settings.echo_code,
    **dict.fromkeys((*PROGRAMS, *AGENTS), lambda _: True),
}


def to_code(_: World, call: Call, dialled: str) -> Outcome:
    """Carry out a code for the extension that dialled it."""
    code, argument = dialled[:3], dialled[3:]
    enabled = _ENABLED.get(code)
    if enabled is None or not enabled(call.index.routes.settings) or call.caller is None or not call.request.is_first:
        return call.refused(Refusal.NUMBER_UNKNOWN, why="no such feature code")
    if code == ECHO:
        return call.route(EchoTest(), "echo test")
    if code in PROGRAMS:
        return programs.run(call, PROGRAMS[code](call, argument), f"feature code {code}")
    effect = _effect(call, code, argument)
    if effect is None:
        return call.route(Confirm(done=False), f"{code}: the number is not one to forward to")
    done = Confirm(done=True, prompt=CONFIRMATIONS[code], language=call.tenant.language)
    return call.route(done, f"feature code {code}", effects=(effect,))


def _effect(call: Call, code: str, argument: str) -> Effect | None:
    assert call.caller is not None  # noqa: S101 -- seen to by to_code
    if code in AGENTS:
        return ChangeAgentState(call.caller.number, AGENTS[code]) if not argument else None
    if code in DO_NOT_DISTURB:
        return SetDoNotDisturb(call.caller.id, DO_NOT_DISTURB[code]) if not argument else None
    if code in FORWARD_OFF:
        return SetForwarding(call.caller.id, FORWARD_OFF[code], None) if not argument else None
    destination = _destination(call, argument)
    return SetForwarding(call.caller.id, FORWARD_ON[code], destination) if destination else None


def _destination(call: Call, number: str) -> Destination | None:
    """An extension of the tenant other than the caller's, or a phone number."""
    try:
        extension = call.index.extension(extension_number(number))
        if extension is not None:
            same = extension is call.caller
            return None if same else Destination(DestinationKind.EXTENSION, extension.number)
    except NumberError:
        pass
    try:
        return Destination(DestinationKind.EXTERNAL, normalise(number, call.tenant.country))
    except NumberError:
        return None
