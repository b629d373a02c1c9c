"""What can go wrong on an event socket, each with a stable ``code`` and, for a lost link, the reason."""

from __future__ import annotations

from enum import StrEnum


class DownReason(StrEnum):
    """Why a link is not up; ``LinkSupervisor`` hands it to ``on_down`` and metrics are labelled with it."""

    REFUSED = "refused"  # nobody listens on the port
    TIMEOUT = "timeout"  # connected or not, the switch did not answer in time
    AUTH = "auth"  # wrong password, or the switch's access list turned us away
    EOF = "eof"  # the switch closed the connection
    PROTOCOL = "protocol"  # what arrived cannot be the event-socket protocol
    CLOSED = "closed"  # we closed it
    FAILED = "failed"  # anything else: the detail says what


class EslError(Exception):
    """Base of every error of this package; ``reason`` is what it makes of a link it brings down."""

    code = "esl_error"
    reason = DownReason.FAILED

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnsafeValue(EslError, ValueError):
    """A value that would change the meaning of a command was refused; nothing was sent.

    Attributes:
        field: the name of the argument that holds the value.
    """

    code = "unsafe_value"

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class ProtocolError(EslError):
    """The peer's bytes cannot be framed any more; the connection has to be closed."""

    code = "protocol_error"
    reason = DownReason.PROTOCOL


class SwitchRefused(EslError):
    """FreeSWITCH answered a command with ``-ERR`` or ``-USAGE``; ``detail`` is its answer."""

    code = "switch_refused"


class SwitchBusy(EslError):
    """Too much is waiting to be written to the switch; the command was not queued."""

    code = "switch_busy"


class SwitchTimeout(EslError):
    """No answer within the deadline. The command may still be carried out."""

    code = "switch_timeout"
    reason = DownReason.TIMEOUT


class SwitchDisconnected(EslError):
    """There is no connection (any more); a command that was waiting may or may not have been carried out."""

    code = "switch_disconnected"

    def __init__(self, reason: DownReason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason


class AuthRefused(SwitchDisconnected):
    """The switch refused the password or the address."""

    code = "switch_auth_refused"

    def __init__(self, detail: str) -> None:
        super().__init__(DownReason.AUTH, detail)


class BindFailed(EslError):
    """The outbound server cannot listen on its address."""

    code = "bind_failed"


class CallEnded(EslError):
    """The call an outbound session controls is gone: hung up, taken away, or its connection was lost."""

    code = "call_ended"
