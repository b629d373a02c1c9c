"""Leases: keys that end by themselves (per-message TTL, NATS 2.11), written only by who expects the right sequence."""

from __future__ import annotations

import asyncio
import math

import orjson
from nats.errors import Error, NoRespondersError

from shared.bus.connection import ApiRefused, Connection
from shared.bus.port import BusUnavailable
from shared.contracts.message import token
from shared.runtime.logs import get_logger

log = get_logger(__name__)

LEASE_STREAM = "KV_SEDA_LEASES"
LEASE_SUBJECT = "$KV.SEDA_LEASES"
_TIMEOUT_SECONDS = 2.0
_WRONG_LAST_SEQUENCE = 10071
_STREAM_EXISTS = 10058


class KeyLease:
    """A ``Lease`` as one key of a bucket."""

    def __init__(self, connection: Connection, name: str, holder: str, ttl_seconds: float, *, replicas: int) -> None:
        if ttl_seconds < 1:
            raise ValueError("a lease lasts at least one second")
        self._connection = connection
        self._subject = f"{LEASE_SUBJECT}.{token(name)}"
        self._holder = holder
        self._ttl_seconds = math.ceil(ttl_seconds)  # the server counts whole seconds
        self._replicas = replicas
        self._sequence = 0
        self._until = 0.0
        self._fence = 0

    @property
    def held(self) -> bool:
        return self._sequence > 0 and asyncio.get_running_loop().time() < self._until

    @property
    def fence(self) -> int:
        return self._fence

    async def acquire(self) -> bool:
        """Take the lease if it is free or already ours."""
        if self.held and await self.renew():
            return True
        if not await self._write(expected_sequence=0):
            return False
        self._fence = self._sequence
        return True

    async def renew(self) -> bool:
        """Make it last another ``ttl_seconds``, unless it ended or somebody else has it."""
        if not self.held:
            self._sequence = 0
            return False
        if await self._write(expected_sequence=self._sequence):
            return True
        self._sequence = 0
        return False

    async def release(self) -> None:
        """Give it up, if it is ours. When NATS is away it ends by itself."""
        was_held, sequence, self._sequence = self.held, self._sequence, 0
        if not was_held:
            return
        try:
            await self._connection.call(f"STREAM.MSG.DELETE.{LEASE_STREAM}", {"seq": sequence, "no_erase": True})
        except (BusUnavailable, ApiRefused) as error:
            log.debug("lease not released; it ends by itself", lease=self._subject, reason=str(error))

    async def holder(self) -> str | None:
        """Who holds it now."""
        client = await self._connection.wait_connected(_TIMEOUT_SECONDS)
        try:
            subject = f"$JS.API.DIRECT.GET.{LEASE_STREAM}.{self._subject}"
            answer = await client.request(subject, timeout=_TIMEOUT_SECONDS)
        except NoRespondersError:
            return None
        except Error as error:
            raise BusUnavailable(str(error) or type(error).__name__) from error
        return orjson.loads(answer.data)["holder"] if answer.data else None

    async def _write(self, *, expected_sequence: int) -> bool:
        """Write the key if its last sequence is the one expected (0: there is none)."""
        # Counted from before the request, so never longer than the server's own count.
        started = asyncio.get_running_loop().time()
        headers = {
            "Nats-Expected-Last-Subject-Sequence": str(expected_sequence),
            "Nats-TTL": f"{self._ttl_seconds}s",
        }
        body = orjson.dumps({"holder": self._holder})
        try:
            sequence = await self._publish(body, headers)
        except NoRespondersError:
            await self._make_bucket()
            sequence = await self._publish(body, headers)
        if sequence is None:
            return False
        self._sequence, self._until = sequence, started + self._ttl_seconds
        return True

    async def _publish(self, body: bytes, headers: dict[str, str]) -> int | None:
        """The sequence of what was written, or none when somebody else wrote before."""
        client = await self._connection.wait_connected(_TIMEOUT_SECONDS)
        try:
            answer = await client.request(self._subject, body, timeout=_TIMEOUT_SECONDS, headers=headers)
        except NoRespondersError:
            raise
        except Error as error:
            raise BusUnavailable(str(error) or type(error).__name__) from error
        result = orjson.loads(answer.data)
        refusal = result.get("error")
        if refusal is None:
            return int(result["seq"])
        if refusal.get("err_code") == _WRONG_LAST_SEQUENCE:
            return None
        raise BusUnavailable(refusal.get("description", "the lease could not be written"))

    async def _make_bucket(self) -> None:
        config = {
            "name": LEASE_STREAM,
            "subjects": [f"{LEASE_SUBJECT}.>"],
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "num_replicas": self._replicas,
            "max_msgs_per_subject": 1,
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": -1,
            "allow_direct": True,
            "allow_msg_ttl": True,
        }
        try:
            await self._connection.call(f"STREAM.CREATE.{LEASE_STREAM}", config)
        except ApiRefused as error:
            if error.err_code != _STREAM_EXISTS:
                raise BusUnavailable(str(error)) from error
