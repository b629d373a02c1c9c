"""Make traces of two runs comparable: legs get letters, times and addresses get names."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from tests.contract.switch.read_headers import (
    READ_DURATIONS,
    READ_EPOCHS,
    READ_HEADERS,
    READ_QUESTIONS,
    READ_VARIABLES,
)
from tests.contract.switch.threads import OneForm, hung_up_first, in_one_form

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\b1[78]\d{8}(?:\d{6})?\b")
_ADDRESS = re.compile(r"127\.0\.0\.1(?::\d+)?")
_KICKED = re.compile(r"^(\+OK kicked )(\d+)")
_MARKERS = (
    "Application",
    "DTMF",
    "Record-",
    "Playback-",
    "Bridge-",
    "Action",
    "Conference",
    "Member",
    "Hear",
    "Speak",
    "_body",
)

_MEMBER = ("Member-ID", "variable_conference_member_id")

RACED = (
    "Channel-Call-UUID",
    "variable_call_uuid",
    "variable_bridge_hangup_cause",
)
"""Not compared from the end of a bridge's second leg on (hang-up, or park, until the next bridge): the first leg's
thread sets them when it gets to it."""


def _raced(headers: dict[str, Any]) -> tuple[str, ...]:
    """Headers of this event whose values depend on which of the switch's threads comes first."""
    name = headers.get("Event-Name")
    ending = name in {"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"}
    parted = name in {"CHANNEL_PARK", "CHANNEL_UNPARK"} and headers.get("variable_park_after_bridge") == "true"
    again = name == "CHANNEL_UNPARK" or headers.get("Application") == "uuid_bridge"
    parted = parted or (again and "variable_last_bridge_to" in headers)
    refused = f"variable_{ASKED}" in headers and headers.get("variable_read_result") != "success"
    asked = ("variable_read_result",) if refused else ()
    return asked + RACED if parted or (ending and headers.get("variable_last_bridge_role") != "originator") else asked


def _left_the_music(headers: dict[str, Any]) -> bool:
    """Whether a caller hung up in a queue: `FILE PLAYED` or `PLAYBACK ERROR`, as the stream or the leg was first."""
    music = str(headers.get("Application-Data", "")).startswith("local_stream://") and "variable_seda_queue" in headers
    return music and headers.get("Answer-State") == "hangup" and "Application-Response" in headers


SWAPPED = {("CHANNEL_ANSWER", "CHANNEL_CREATE")}
"""Neighbours that two threads tell of: who makes a loopback tells of its far half, whose own thread may have answered
by then."""


ASKED = "group_confirm_key"
"""Who is asked to accept is asked by the caller's thread, and hangs up in the own: what the first tells and sets from
the hang-up on comes before the end of the leg or after it."""


def _in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With `SWAPPED` neighbours in their true order, and without the end of the question that a hang-up cut off."""
    names = [event_name(event) for event in events]
    over = names.index("CHANNEL_HANGUP") if "CHANNEL_HANGUP" in names else len(names)
    asked = any(f"variable_{ASKED}" in event for event in events)
    cut_off = {at for at, event in enumerate(events) if asked and _ends_with_the_leg(event, at, over)}
    found = [event for at, event in enumerate(events) if at not in cut_off]
    for place, (one, other) in enumerate(itertools.pairwise(list(found))):
        if (event_name(one), event_name(other)) in SWAPPED:
            found[place], found[place + 1] = other, one
    return found


def _ends_with_the_leg(event: dict[str, Any], at: int, over: int) -> bool:
    """Whether what plays was cut off by the hang-up (`done`; a key makes it `break`): told from just before it on."""
    stopped = event_name(event) == "PLAYBACK_STOP"
    return stopped and (at > over or (at == over - 1 and event.get("Playback-Status") == "done"))


@dataclass
class Normaliser:
    """Names things in the order they are first met; `paths` are replaced by their names.

    `killed` are the legs that a command hung up.
    """

    paths: dict[str, str] = field(default_factory=dict)
    except_for: tuple[str, ...] = ()
    killed: frozenset[str] = frozenset()
    _uuids: dict[str, str] = field(default_factory=dict)
    _members: dict[str, str] = field(default_factory=dict)
    _told: dict[str, OneForm] = field(default_factory=dict)

    def leg(self, uuid: str) -> str:
        """The letter of a leg; A is the first that began."""
        if uuid not in self._uuids:
            count = sum(1 for name in self._uuids.values() if len(name) == 5)
            self._uuids[uuid] = f"leg-{chr(ord('A') + count)}"
        return self._uuids[uuid]

    def text(self, value: str) -> str:
        """A value with what differs from run to run replaced."""
        for path, name in self.paths.items():
            value = value.replace(path, name)
        value = _UUID.sub(lambda match: self._uuids.get(match[0], "<uuid>"), value)
        value = _KICKED.sub(lambda match: match[1] + self.member(match[2]), value)
        value = _TIME.sub("<time>", value)
        return _ADDRESS.sub("<address>", value)

    def member(self, number: str) -> str:
        """The number of a conference's member; the switch counts them since it started, a trace since it began."""
        return self._members.setdefault(number, str(len(self._members) + 1))

    def value(self, value: Any) -> Any:
        """A header's value; arrays item by item."""
        return [self.text(item) for item in value] if isinstance(value, list) else self.text(str(value))

    def event(self, headers: dict[str, Any]) -> dict[str, Any]:
        """What Seda reads of an event."""
        wanted = (*READ_HEADERS, *(f"variable_{name}" for name in READ_VARIABLES))
        raced = _raced(headers)
        if headers.get("Application") in self.except_for:
            headers = {**headers, "Application-Data": "<data>"}
        if _left_the_music(headers):
            headers = {**headers, "Application-Response": "<raced>"}
        headers = {**headers, **{name: self.member(headers[name]) for name in _MEMBER if name in headers}}
        return {name: self.value(headers[name]) for name in wanted if name in headers and name not in raced}

    def changes(self, events: list[dict[str, Any]]) -> list[list[Any]]:
        """A leg's events as `[name, what changed since its previous event]`; what is gone is None.

        What belongs to one event alone (`Application`, ...) is given each time. Events that carry no channel variables
        say nothing about them.
        """
        known: dict[str, Any] = {}
        out = []
        leg = str(events[0].get("Unique-ID")) if events else ""
        told = self._told[leg] = in_one_form(_in_order(hung_up_first(events)), killed=leg in self.killed)
        for headers in told.events:
            now = self.event(headers)
            has_variables = any(name.startswith("variable_") for name in headers)
            compared = {name for name in known if has_variables or not name.startswith("variable_")}
            compared -= set(_raced(headers))
            changed = {name: value for name, value in now.items() if known.get(name) != value}
            gone = {name: None for name in sorted(compared - now.keys()) if not name.startswith(_MARKERS)}
            known = {**{name: value for name, value in known.items() if name not in compared}, **now}
            known = {name: value for name, value in known.items() if not name.startswith(_MARKERS)}
            out.append([event_name(headers), {**changed, **gone}])
        return out

    def question(self, form: dict[str, str]) -> dict[str, Any]:
        """What Seda reads of a mod_xml_curl form; the events of its leg are read before it."""
        told = self._told.get(form.get("Unique-ID", ""))
        if told is not None and told.undone is not None:
            form = told.undone.undone(form)
        wanted = (*READ_QUESTIONS, *READ_HEADERS, *(f"variable_{name}" for name in READ_VARIABLES))
        wanted = (name for name in wanted if name != "variable_transfer_source")  # set a moment after routing is asked
        return {name: self.value(form[name]) for name in wanted if form.get(name)}

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """What Seda reads of a call record; the events of its leg are read before it."""
        variables = record["variables"]
        if (told := self._told.get(variables.get("uuid", ""))) is not None:
            variables = told.record(variables)
        out = {name: self.value(variables[name]) for name in READ_VARIABLES if name in variables}
        if variables.get("last_bridge_role") != "originator":
            out = {name: value for name, value in out.items() if f"variable_{name}" not in RACED}
        if ASKED in variables and out.get("read_result") != "success":
            out.pop("read_result", None)
        if "conference_member_id" in out:
            out["conference_member_id"] = self.member(out["conference_member_id"])
        if out.get("last_app") in self.except_for:
            out["last_arg"] = "<data>"
        out |= {name: "0" if variables.get(name, "0") == "0" else "<time>" for name in READ_EPOCHS}
        out["durations_as_the_epochs_say"] = [name for name in READ_DURATIONS if _agrees(variables, name)]
        profile = record["callflow"][0]["caller_profile"]
        out["callflow_steps"] = len(record["callflow"])
        for name in ("destination_number", "caller_id_number", "caller_id_name", "context", "rdnis", "network_addr"):
            out[f"profile_{name}"] = self.value(profile.get(name, ""))
        out["direction"] = record["channel_data"]["direction"]
        return out


def _agrees(variables: dict[str, str], duration: str) -> bool:
    """Whether a duration is the time between its two moments, 0 when one of them never came."""
    start, end = (int(variables.get(f"{moment}_uepoch", "0")) for moment in READ_DURATIONS[duration])
    return int(variables[duration]) == (end - start if start and end else 0)


def event_name(headers: dict[str, Any]) -> str:
    """An event's name; of a CUSTOM event its subclass."""
    return str(headers.get("Event-Subclass") or headers["Event-Name"])
