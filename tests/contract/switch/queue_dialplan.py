"""Numbers of queues, as routing answers them."""

from __future__ import annotations

from tests.contract.switch.scenes import to_extension
from tests.support.fake_xml_curl import Actions

SUPPORT = "0c9fd2a1-52a5-4a43-9f0c-8b5c3f0f7d01"
SALES = "0c9fd2a1-52a5-4a43-9f0c-8b5c3f0f7d02"
QUEUES = {"600": SUPPORT, "601": SALES}
MUSIC = "local_stream://seda"


def to_queue(form: dict[str, str]) -> Actions | None:
    """Numbers of queues, what comes after one (`seda-next`), and extensions."""
    number = form["Caller-Destination-Number"]
    if number == "seda-next":
        return [("set", "seda_step=next"), ("unset", "seda_queue"), ("park", "")]
    if number not in QUEUES:
        return [("unset", "seda_queue"), *to_extension(form)]
    variables = {
        "seda_queue": QUEUES[number],
        "seda_queue_turn": str(int(form.get("variable_seda_queue_turn", 0)) + 1),
        "seda_queue_priority": "5",
        "seda_queue_language": "fa",
        "seda_call_id": form.get("variable_seda_call_id") or form["Unique-ID"],
        "last_bridge_to": "",
        "hangup_after_bridge": "false",
        "transfer_after_bridge": "seda-next:XML:seda",
        "uuid_bridge_continue_on_cancel": "true",
    }
    return [
        ("multiset", "^^;" + ";".join(f"{name}={value}" for name, value in variables.items())),
        ("answer", ""),
        ("event", "Event-Subclass=seda::queued,Event-Name=CUSTOM"),
        ("playback", MUSIC),
        ("execute_extension", "'transfer:seda-next XML seda' inline"),
    ]
