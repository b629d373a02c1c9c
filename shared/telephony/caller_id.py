"""Caller ID: which name and number a callee is shown, and names made fit to be shown."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.telephony.safe_text import CONTROL_CHARACTERS, strip_direction_marks

__all__ = ["CallerId", "CallerIdPolicy", "PolicyInputs", "display_name", "outbound_caller_id"]

NAME_MAX_LENGTH: Final = 80

# Dropped: what ends or escapes something in a SIP header, an event-socket command, a dial string or a dialplan
# action (~ so that a dial string always finds a separator). Replaced: brackets and the apostrophe by look-alikes, so
# that names stay readable.
_DROPPED: Final = re.compile(rf'[{CONTROL_CHARACTERS}\\"<>|${{}}^~]')
_LOOKALIKES: Final = str.maketrans({"'": "\u2019", "`": "\u2019", "[": "(", "]": ")"})
_SPACES: Final = re.compile(r"\s+")


def display_name(raw: str) -> str:
    """`raw` as a caller's name that no parser of the switch can misread, at most 80 characters; may be empty.

    Persian and Arabic letters and their joiners stay; control characters, direction marks and ``\\ " < > | $ { } ^ ~``
    go; an apostrophe becomes ``’``. Never raises: a call is not refused for its caller's name.
    """
    text = _DROPPED.sub("", strip_direction_marks(_SPACES.sub(" ", unicodedata.normalize("NFC", raw))))
    text = text.replace(":_:", ": :").translate(_LOOKALIKES)
    if "ARRAY::" in text or "origination_nested_vars" in text.lower():
        text = text.replace(":", " ").replace("_", " ")
    text = _SPACES.sub(" ", text).strip()
    return text[:NAME_MAX_LENGTH].strip()


@dataclass(frozen=True, slots=True)
class CallerId:
    """What the callee is shown. `number`: E.164, an extension number, or empty; `hidden`: the network is asked to."""

    number: str
    name: str = ""
    hidden: bool = False


class CallerIdPolicy(StrEnum):
    """Whose number a call to the outside shows."""

    EXTENSION = "extension"
    """The extension's own outside number, else the tenant's main number."""
    TENANT = "tenant"
    """Always the tenant's main number."""
    TRUNK = "trunk"
    """Always the number fixed on the trunk."""
    PASS_THROUGH = "pass_through"  # noqa: S105
    """A forwarded call shows the outside caller's number, as the trunk allows; otherwise as EXTENSION."""
    HIDDEN = "hidden"
    """The tenant's main number, with the request to hide it."""


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """The numbers (E.164 or empty) and names a policy chooses from."""

    extension_number: str = ""
    extension_name: str = ""
    tenant_number: str = ""
    tenant_name: str = ""
    trunk_number: str = ""
    caller_number: str = ""
    caller_name: str = ""


def outbound_caller_id(policy: CallerIdPolicy, inputs: PolicyInputs) -> CallerId:
    """The caller ID a call to the outside shows under `policy`.

    Where the policy's own number is missing, the next best that the tenant owns is used: extension, tenant, trunk.
    """
    own = CallerId(inputs.extension_number, display_name(inputs.extension_name))
    main = CallerId(inputs.tenant_number, display_name(inputs.tenant_name))
    trunk = CallerId(inputs.trunk_number, main.name)
    caller = CallerId(inputs.caller_number, display_name(inputs.caller_name))
    order = {
        CallerIdPolicy.EXTENSION: (own, main, trunk),
        CallerIdPolicy.TENANT: (main, trunk, own),
        CallerIdPolicy.TRUNK: (trunk, main, own),
        CallerIdPolicy.PASS_THROUGH: (caller, own, main, trunk),
        CallerIdPolicy.HIDDEN: (main, trunk, own),
    }[policy]
    chosen = next((one for one in order if one.number), CallerId(""))
    return CallerId(chosen.number, chosen.name, hidden=policy is CallerIdPolicy.HIDDEN)
