"""A small real SIP phone, for tests and demonstrations only.

It registers, calls, answers, refuses, holds, sends DTMF, transfers and hangs up over UDP with G.711 mu-law, one
identity per phone, and it can misbehave on purpose (`send_raw`, another display name, other credentials). It has no
TLS, no TCP, no ICE and no echo canceller: do not talk through it.

    async with SipPhone("101", "secret", "demo.example", proxy=("127.0.0.1", 5060)) as phone:
        await phone.register()
        call = await phone.dial("102")
        await call.answered()
        await call.hang_up()
"""

from freeswitch.phone.call import Call, CallEnd, CallEndedError, RequestRefusedError
from freeswitch.phone.incoming import IncomingCall
from freeswitch.phone.outgoing import OutgoingCall
from freeswitch.phone.phone import RegistrationRefusedError, SipPhone
from freeswitch.phone.transaction import NoAnswerError

__all__ = [
    "Call",
    "CallEnd",
    "CallEndedError",
    "IncomingCall",
    "NoAnswerError",
    "OutgoingCall",
    "RegistrationRefusedError",
    "RequestRefusedError",
    "SipPhone",
]
