"""Walk the dialplan XML for one call and list the applications to run (mod_dialplan_xml.c: parse_exten)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

Lookup = Callable[[str], str | None]


@dataclass(frozen=True)
class Application:
    """One thing for a leg to run: `bridge` with its data, not yet expanded."""

    name: str
    data: str = ""


@dataclass(frozen=True)
class Hunt:
    """What hunting gave: the extension's name, its applications, and the captures of the last match."""

    extension: str = ""
    applications: tuple[Application, ...] = ()
    captures: tuple[str, ...] = ()


class BadAnswer(ValueError):
    """The answer is not XML, or not a dialplan."""


def parse_answer(xml: str, section: str) -> Element | None:
    """The `<section>` of a mod_xml_curl answer; None when the server says `not found`.

    Raises:
        BadAnswer: when `xml` does not parse or holds neither the section nor a result.
    """
    try:
        root = fromstring(xml)  # noqa: S314 - the answer comes from our own services over loopback
    except ParseError as error:
        raise BadAnswer(str(error)) from error
    for element in root.iter("section"):
        if element.get("name") == section:
            return element
        if element.get("name") == "result":
            return None
    raise BadAnswer(f"no section {section!r}")


def hunt(section: Element | None, context: str, lookup: Lookup) -> Hunt | None:
    """Run the first matching extension of `context`; None when no context or extension matches."""
    if section is None:
        return None
    for candidate in section.iter("context"):
        if candidate.get("name") in {context, "any"}:
            return _hunt_context(candidate, lookup)
    return None


def inline(text: str) -> list[Application]:
    """Applications of an inline extension: `app:data,app:data`, or with another separator after `m:<sep>:`.

    mod_dptools.c: inline_dialplan_hunt.
    """
    separator = ","
    if text.startswith("m:") and text[3:4] == ":":
        separator, text = text[2], text[4:]
    elif text.startswith("'") and text.endswith("'"):
        text = text[1:-1]
    out = []
    for part in text.split(separator):
        name, _, data = part.partition(":")
        if name.strip():
            out.append(Application(name.strip(), data))
    return out


def _hunt_context(context: Element, lookup: Lookup) -> Hunt | None:
    collected: list[Application] = []
    name = ""
    captures: tuple[str, ...] = ()
    for extension in context.iter("extension"):
        matched, applications, found = _hunt_extension(extension, lookup)
        if not matched and not applications:
            continue
        collected.extend(applications)
        name, captures = extension.get("name", ""), found or captures
        if extension.get("continue") != "true":
            break
    return Hunt(name, tuple(collected), tuple(captures)) if collected else None


def _hunt_extension(extension: Element, lookup: Lookup) -> tuple[bool, list[Application], tuple[str, ...]]:
    applications: list[Application] = []
    captures: tuple[str, ...] = ()
    proceed = True
    for condition in extension.findall("condition"):
        match = _matches(condition, lookup)
        actions = condition.findall("action" if match is not None else "anti-action")
        groups = match or ()
        applications.extend(
            Application(action.get("application", ""), _captured(action.get("data") or action.text or "", groups))
            for action in actions
        )
        if len(groups) > 0:
            captures = groups
        breaks = condition.get("break", "on-false")
        proceed = match is not None
        if breaks in {"always", "on-true" if proceed else "on-false"}:
            break
    return proceed, applications, captures


def _matches(condition: Element, lookup: Lookup) -> tuple[str, ...] | None:
    """Capture groups when the condition holds (group 0 first), None when not; no field matches always."""
    field, expression = condition.get("field"), condition.get("expression")
    if field is None or expression is None:
        return ()
    name = field[2:-1] if field.startswith("${") and field.endswith("}") else field
    found = re.search(expression, lookup(name) or "")
    if found is None:
        return None
    return (found.group(0), *(group or "" for group in found.groups()))


def _captured(data: str, groups: tuple[str, ...]) -> str:
    """Put capture groups in for `$1`..`$9`; `${...}` stays for the application to expand."""
    if not groups or "$" not in data:
        return data
    return re.sub(r"\$(\d)", lambda m: groups[int(m[1])] if int(m[1]) < len(groups) else "", data)
