"""mod_xml_curl ``directory``: the switch asks, memory answers."""

from __future__ import annotations

from uuid import UUID

from services.directory.domain.lookups import GatewaysFound, NotFound, Reason, UserFound, decide, read_question
from services.directory.domain.replica import TrunkEntry
from services.directory.memory import Memory
from services.directory.metrics import DirectoryMetrics
from services.directory.secret_box import SecretBox, SecretUnreadable
from shared.http.switch_secret import NotReady
from shared.runtime.logs import get_logger
from shared.telephony.caller_id import display_name
from shared.telephony.directory_xml import NOT_FOUND, DirectoryUser, Gateway, gateways_document, user_document

log = get_logger(__name__)

PHONES_CONTEXT = "seda"


class SwitchDirectory:
    """Answers ``POST /switch/directory``.

    Args:
        memory: what is known, once it is loaded.
        secrets: opens the secrets of trunks.
        cacheable_ms: how long FreeSWITCH may keep a user it was told of.
    """

    def __init__(
        self, memory: Memory, *, secrets: SecretBox, metrics: DirectoryMetrics, cacheable_ms: int | None
    ) -> None:
        self._memory = memory
        self._secrets = secrets
        self._cacheable_ms = cacheable_ms
        lookups = metrics.lookups
        self._found_user = lookups.labels("user", "found")
        self._found_gateways = lookups.labels("gateways", "found")
        self._lookups = lookups

    def __call__(self, body: bytes) -> bytes:
        """The XML for one form body.

        Raises:
            NotReady: the directory has not been read yet.
        """
        if not self._memory.loaded:
            raise NotReady
        answer = decide(read_question(body), self._memory.replica)
        if isinstance(answer, UserFound):
            self._found_user.inc()
            return user_document(self._user(answer))
        if isinstance(answer, NotFound):
            asked = "other" if answer.reason is Reason.NOT_ASKED_HERE else "user"
            self._lookups.labels(asked, answer.reason.value).inc()
            return NOT_FOUND
        return self._gateways(answer)

    def _user(self, found: UserFound) -> DirectoryUser:
        extension, language = found.extension, found.extension.language or found.tenant.language
        return DirectoryUser(
            sip_username=found.device.sip_username,
            domain=found.tenant.domain,
            a1_hash=found.device.a1_hash,
            variables={
                "user_context": PHONES_CONTEXT,
                "seda_tenant_id": str(found.tenant.id),
                "seda_extension_id": str(extension.id),
                "seda_extension": extension.number,
                "seda_device_id": str(found.device.id),
                "seda_language": language,
                "default_language": language,
                "effective_caller_id_name": display_name(extension.display_name),
                "effective_caller_id_number": extension.number,
            },
            cacheable_ms=self._cacheable_ms,
        )

    def _gateways(self, found: GatewaysFound) -> bytes:
        self._found_gateways.inc()
        gateways = [gateway for trunk in found.trunks if (gateway := self._gateway(trunk)) is not None]
        return gateways_document(gateways)

    def _gateway(self, trunk: TrunkEntry) -> Gateway | None:
        variables = {"seda_trunk_id": str(trunk.id)}
        if trunk.tenant_id:
            variables["seda_trunk_tenant_id"] = str(trunk.tenant_id)
        try:
            password = self._secrets.open(trunk.secret_encrypted) if trunk.secret_encrypted else ""
        except SecretUnreadable:
            _told_unreadable(trunk.id)
            return None
        return Gateway(
            trunk_id=trunk.id,
            proxy=trunk.proxy,
            username=trunk.username or "",
            password=password,
            register=trunk.kind == "registration",
            transport=trunk.transport,
            variables=variables,
        )


def _told_unreadable(trunk_id: UUID) -> None:
    log.error("the trunk's secret cannot be read with DIRECTORY_SECRETS_KEY; it is left out", trunk_id=str(trunk_id))
