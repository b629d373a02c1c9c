"""Hangup causes, classified once: what FreeSWITCH calls them, their numbers, and what to tell a person.

Names and Q.850 codes: ``CAUSE_CHART`` in switch_channel.c and ``switch_call_cause_t`` in switch_types.h (codes of 128
and above are FreeSWITCH's own). SIP statuses: ``hangup_cause_to_sip`` in mod_sofia.c, whose default is 480.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["CAUSES", "SWITCH_LOST", "Cause", "CauseCategory", "cause", "cause_of_code"]


class CauseCategory(StrEnum):
    """What became of the call, as routing (what to try next), records and reports need it."""

    ANSWERED = "answered"
    """Ended in the normal way."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    """The phone or person is not there: not registered, switched off, out of order."""
    INVALID_NUMBER = "invalid_number"
    BARRED = "barred"
    CONGESTED = "congested"
    """No free line or a failure that may pass: another trunk is worth a try."""
    CANCELLED = "cancelled"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    TRANSFERRED = "transferred"
    TIME_LIMIT = "time_limit"
    MEDIA_LOST = "media_lost"
    SWITCH_LOST = "switch_lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cause:
    """One hangup cause. `words` are in English, Persian and Arabic (keys ``en``, ``fa``, ``ar``)."""

    name: str
    q850: int
    sip_status: int
    category: CauseCategory
    english: str
    persian: str
    arabic: str

    def words(self, language: str = "en") -> str:
        """The cause for a person, in ``fa``, ``ar`` or (for anything else) English."""
        return {"fa": self.persian, "ar": self.arabic}.get(language, self.english)

    @property
    def worth_another_trunk(self) -> bool:
        """Whether the next trunk may succeed where this one ended: the far end itself did not decide."""
        return self.category in (CauseCategory.CONGESTED, CauseCategory.FAILED, CauseCategory.UNREACHABLE)


_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "ended": ("Call ended", "تماس پایان یافت", "انتهت المكالمة"),
    "busy": ("Busy", "مشغول", "مشغول"),
    "no_answer": ("No answer", "بی‌پاسخ", "لا يوجد رد"),
    "rejected": ("Call declined", "تماس رد شد", "تم رفض المكالمة"),
    "unwanted": ("Refused as an unwanted call", "به‌عنوان تماس ناخواسته رد شد", "رُفضت كمكالمة غير مرغوب فيها"),
    "absent": ("The person called cannot be reached", "مشترک در دسترس نیست", "المشترك غير متاح"),
    "not_registered": ("The phone is not connected", "تلفن متصل نیست", "الهاتف غير متصل"),
    "out_of_order": ("The destination is out of order", "مقصد خراب است", "الوجهة معطلة"),
    "unknown_number": ("The number does not exist", "شماره وجود ندارد", "الرقم غير موجود"),
    "no_route": ("No route to the number", "مسیری به این شماره نیست", "لا يوجد مسار إلى الرقم"),
    "bad_number": (
        "The number is not complete or not valid",
        "شماره ناقص یا نادرست است",
        "الرقم غير مكتمل أو غير صالح",
    ),
    "changed": ("The number has changed", "شماره تغییر کرده است", "تم تغيير الرقم"),
    "barred_out": (
        "Calls to this number are not allowed",
        "تماس با این شماره مجاز نیست",
        "الاتصال بهذا الرقم غير مسموح",
    ),
    "barred_in": (
        "The destination does not accept this call",
        "مقصد این تماس را نمی‌پذیرد",
        "الوجهة لا تقبل هذه المكالمة",
    ),
    "congested": ("All lines are busy", "همه خطوط مشغول است", "جميع الخطوط مشغولة"),
    "temporary": ("Temporary failure in the network", "اختلال موقت شبکه", "خلل مؤقت في الشبكة"),
    "network": ("The network is out of order", "شبکه از کار افتاده است", "الشبكة معطلة"),
    "trunk_down": ("The trunk is down", "ترانک قطع است", "خط الربط متوقف"),
    "unsupported": (
        "The destination does not support this call",
        "مقصد از این نوع تماس پشتیبانی نمی‌کند",
        "الوجهة لا تدعم هذا النوع من المكالمات",
    ),
    "protocol": ("Technical failure", "خطای فنی", "خطأ فني"),
    "cancelled": ("The caller hung up before an answer", "تماس‌گیرنده پیش از پاسخ قطع کرد", "أنهى المتصل قبل الرد"),
    "elsewhere": ("Answered elsewhere", "در جای دیگری پاسخ داده شد", "تم الرد من مكان آخر"),
    "picked_up": ("Picked up by someone else", "شخص دیگری پاسخ داد", "رد عليها شخص آخر"),
    "manager": ("Ended by an operator or program", "توسط اپراتور یا برنامه پایان یافت", "أنهاها مشغل أو برنامج"),
    "blind_transfer": ("Transferred", "انتقال داده شد", "تم تحويلها"),
    "attended_transfer": ("Transferred after consultation", "پس از هماهنگی انتقال داده شد", "تم تحويلها بعد التشاور"),
    "time_limit": ("The time allowed is used up", "زمان مجاز پایان یافت", "انتهى الوقت المسموح"),
    "media_lost": ("The sound was lost", "صدا قطع شد", "انقطع الصوت"),
    "auth": ("The destination asked for a password", "مقصد گذرواژه خواست", "طلبت الوجهة كلمة مرور"),
    "identity": ("The caller's identity was not accepted", "هویت تماس‌گیرنده پذیرفته نشد", "لم تُقبل هوية المتصل"),
    "shutdown": ("The switch was stopped", "سوئیچ متوقف شد", "تم إيقاف المقسم"),
    "lost": ("The switch was lost", "ارتباط با سوئیچ از دست رفت", "فُقد الاتصال بالمقسم"),
    "unknown": ("Ended for an unknown reason", "به دلیلی نامعلوم پایان یافت", "انتهت لسبب غير معروف"),
}

_TABLE: Final = """
NONE 0 480 failed unknown
UNALLOCATED_NUMBER 1 404 invalid_number unknown_number
NO_ROUTE_TRANSIT_NET 2 404 invalid_number no_route
NO_ROUTE_DESTINATION 3 404 invalid_number no_route
CHANNEL_UNACCEPTABLE 6 480 failed protocol
CALL_AWARDED_DELIVERED 7 480 answered ended
NORMAL_CLEARING 16 480 answered ended
USER_BUSY 17 486 busy busy
NO_USER_RESPONSE 18 408 no_answer no_answer
NO_ANSWER 19 480 no_answer no_answer
SUBSCRIBER_ABSENT 20 480 unreachable absent
CALL_REJECTED 21 603 rejected rejected
NUMBER_CHANGED 22 410 invalid_number changed
REDIRECTION_TO_NEW_DESTINATION 23 410 invalid_number changed
EXCHANGE_ROUTING_ERROR 25 483 failed no_route
DESTINATION_OUT_OF_ORDER 27 502 unreachable out_of_order
INVALID_NUMBER_FORMAT 28 484 invalid_number bad_number
FACILITY_REJECTED 29 501 failed unsupported
RESPONSE_TO_STATUS_ENQUIRY 30 480 failed protocol
NORMAL_UNSPECIFIED 31 480 answered ended
NORMAL_CIRCUIT_CONGESTION 34 503 congested congested
NETWORK_OUT_OF_ORDER 38 503 congested network
NORMAL_TEMPORARY_FAILURE 41 503 congested temporary
SWITCH_CONGESTION 42 503 congested congested
ACCESS_INFO_DISCARDED 43 480 failed protocol
REQUESTED_CHAN_UNAVAIL 44 503 congested congested
PRE_EMPTED 45 480 failed protocol
FACILITY_NOT_SUBSCRIBED 50 480 barred barred_out
OUTGOING_CALL_BARRED 52 403 barred barred_out
INCOMING_CALL_BARRED 54 403 barred barred_in
BEARERCAPABILITY_NOTAUTH 57 403 barred barred_out
BEARERCAPABILITY_NOTAVAIL 58 503 congested congested
SERVICE_UNAVAILABLE 63 480 congested temporary
BEARERCAPABILITY_NOTIMPL 65 488 failed unsupported
CHAN_NOT_IMPLEMENTED 66 480 failed unsupported
FACILITY_NOT_IMPLEMENTED 69 501 failed unsupported
SERVICE_NOT_IMPLEMENTED 79 501 failed unsupported
INVALID_CALL_REFERENCE 81 480 failed protocol
INCOMPATIBLE_DESTINATION 88 488 failed unsupported
INVALID_MSG_UNSPECIFIED 95 480 failed protocol
MANDATORY_IE_MISSING 96 480 failed protocol
MESSAGE_TYPE_NONEXIST 97 480 failed protocol
WRONG_MESSAGE 98 480 failed protocol
IE_NONEXIST 99 480 failed protocol
INVALID_IE_CONTENTS 100 480 failed protocol
WRONG_CALL_STATE 101 480 failed protocol
RECOVERY_ON_TIMER_EXPIRE 102 504 unreachable out_of_order
MANDATORY_IE_LENGTH_ERROR 103 480 failed protocol
PROTOCOL_ERROR 111 480 failed protocol
INTERWORKING 127 480 failed protocol
SUCCESS 142 480 answered ended
ORIGINATOR_CANCEL 487 487 cancelled cancelled
CRASH 700 480 switch_lost lost
SYSTEM_SHUTDOWN 701 480 switch_lost shutdown
LOSE_RACE 702 480 answered_elsewhere elsewhere
MANAGER_REQUEST 703 480 answered manager
BLIND_TRANSFER 800 480 transferred blind_transfer
ATTENDED_TRANSFER 801 480 transferred attended_transfer
ALLOTTED_TIMEOUT 802 480 time_limit time_limit
USER_CHALLENGE 803 480 rejected auth
MEDIA_TIMEOUT 804 480 media_lost media_lost
PICKED_OFF 805 480 answered_elsewhere picked_up
USER_NOT_REGISTERED 806 480 unreachable not_registered
PROGRESS_TIMEOUT 807 480 unreachable out_of_order
INVALID_GATEWAY 808 484 failed trunk_down
GATEWAY_DOWN 809 503 congested trunk_down
INVALID_URL 810 484 failed protocol
INVALID_PROFILE 811 502 failed protocol
NO_PICKUP 812 480 no_answer no_answer
SRTP_READ_ERROR 813 480 media_lost media_lost
BOWOUT 814 480 transferred blind_transfer
BUSY_EVERYWHERE 815 600 busy busy
DECLINE 816 603 rejected rejected
DOES_NOT_EXIST_ANYWHERE 817 604 invalid_number unknown_number
NOT_ACCEPTABLE 818 606 failed unsupported
UNWANTED 819 607 rejected unwanted
NO_IDENTITY 820 428 rejected identity
BAD_IDENTITY_INFO 821 429 rejected identity
UNSUPPORTED_CERTIFICATE 822 437 rejected identity
INVALID_IDENTITY 823 438 rejected identity
STALE_DATE 824 403 rejected identity
REJECT_ALL 825 603 rejected rejected
"""


def _row(line: str) -> Cause:
    name, q850, sip_status, category, words = line.split()
    return Cause(name, int(q850), int(sip_status), CauseCategory(category), *_WORDS[words])


CAUSES: Final = MappingProxyType({row.name: row for row in map(_row, _TABLE.strip().splitlines())})
"""Every cause FreeSWITCH knows, by its name."""

SWITCH_LOST: Final = Cause("SWITCH_LOST", 27, 503, CauseCategory.SWITCH_LOST, *_WORDS["lost"])
"""Seda's own: the switch died or was lost with the call up, so nobody saw how the call ended."""

_BY_CODE: Final = {one.q850: one for one in CAUSES.values()}


def cause(name: str) -> Cause:
    """The cause called `name` (any case; ``switch_lost`` too).

    A name nobody knows (a newer FreeSWITCH) becomes a cause of that name in the category FAILED, so a record is
    never lost over it.
    """
    upper = name.strip().upper()
    if upper == SWITCH_LOST.name:
        return SWITCH_LOST
    return CAUSES.get(upper) or Cause(upper or "NONE", 0, 480, CauseCategory.FAILED, *_WORDS["unknown"])


def cause_of_code(q850: int) -> Cause:
    """The cause with FreeSWITCH's number `q850` (``hangup_cause_q850``); unknown numbers give NONE."""
    return _BY_CODE.get(q850, CAUSES["NONE"])
