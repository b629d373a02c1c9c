"""mod_xml_curl's questions over HTTP: the dialplan of a call, a user of the directory, gateways of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from freeswitch.simulator.domain.dialplan import BadAnswer, parse_answer
from freeswitch.simulator.http_post import PostError, post_form

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch

TIMEOUT_SECONDS = 2.0


class Lookups:
    """Asks the services; keeps users as long as their XML says (`cacheable="<ms>"`)."""

    def __init__(self, switch: Switch, *, directory_url: str, dialplan_url: str, secret: str) -> None:
        self._switch = switch
        self._urls = {"directory": directory_url, "dialplan": dialplan_url}
        self._secret = secret
        self._users: dict[tuple[str, str], tuple[int, Element]] = {}

    def flush(self) -> int:
        """Forget cached users (`xml_flush_cache`); how many were forgotten."""
        count = len(self._users)
        self._users.clear()
        return count

    async def dialplan(self, session: Session) -> str | None:
        """The answer for a call, or None when the server cannot be asked (mod_dialplan_xml.c)."""
        channel = session.channel
        fields = self._fields("dialplan", "", "", "")
        fields.update(channel.basic_headers())
        for name, value in channel.variable_headers().items():
            fields[name] = value if isinstance(value, str) else "ARRAY::" + "|:".join(value)
        fields.update(channel.profile.headers("Hunt"))
        return await self._post("dialplan", fields)

    async def user(self, user: str, domain: str, more: dict[str, str]) -> Element | None:
        """The `<user>` of the directory for `user@domain`; None when unknown or the directory cannot be asked.

        `more` holds what mod_sofia adds (`action`, `sip_auth_...`); see sofia_reg.c: sofia_reg_parse_auth.
        """
        now = self._switch.clock.now()
        cached = self._users.get((user, domain))
        if cached is not None and cached[0] > now:
            return cached[1]
        fields = self._fields("directory", "domain", "name", domain)
        fields.update(more)
        fields.update({"key": "id", "user": user, "domain": domain})
        found = _find_user(await self._post("directory", fields), user)
        if found is not None and found.get("cacheable"):
            lifetime_ms = found.get("cacheable", "0")
            if lifetime_ms.isdigit():
                self._users[(user, domain)] = (now + int(lifetime_ms) * 1000, found)
        return found

    async def gateways(self, profile: str) -> Element | None:
        """The directory's answer to `purpose=gateways` for a SIP profile; None when it has none."""
        fields = self._fields("directory", "", "", "")
        fields.update({"purpose": "gateways", "profile": profile})
        answer = await self._post("directory", fields)
        try:
            return parse_answer(answer, "directory") if answer is not None else None
        except BadAnswer:
            return None

    def _fields(self, section: str, tag: str, key: str, value: str) -> dict[str, str]:
        fields = {
            "hostname": self._switch.node.hostname,
            "section": section,
            "tag_name": tag,
            "key_name": key,
            "key_value": value,
            "Event-Name": "REQUEST_PARAMS",
        }
        fields.update(self._switch.common_headers())
        return fields

    async def _post(self, section: str, fields: dict[str, str]) -> str | None:
        url = self._urls[section]
        if not url:
            return None
        try:
            status, answer = await post_form(url, fields, password=self._secret, timeout=TIMEOUT_SECONDS)
        except PostError as error:
            self._switch.log.warning("%s could not be asked: %s", section, error)
            return None
        if status != 200:
            self._switch.log.warning("%s answered %s", section, status)
            return None
        return answer


def _find_user(answer: str | None, user: str) -> Element | None:
    if answer is None:
        return None
    try:
        section = parse_answer(answer, "directory")
    except BadAnswer:
        return None
    if section is None:
        return None
    return next((found for found in section.iter("user") if found.get("id") == user), None)
