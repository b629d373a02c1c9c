"""Call records from the switch's spool to ``reporting``; a file is deleted only once its record is stored."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from services.switchlink.domain.records import UnreadableRecord, leg_record
from services.switchlink.metrics import SwitchlinkMetrics
from shared.bus.port import Bus, BusError
from shared.contracts.records import LegRecord, StoreCallRecords, StoreCallRecordsReply
from shared.runtime.logs import get_logger

log = get_logger(__name__)

BATCH = 100
STORE_TIMEOUT_SECONDS = 4.0
"""Storing a batch takes a tenth of a second. Asking again is safe, so a reporting that died with one costs no more."""
MAX_FILE_BYTES = 4 * 1024 * 1024
SUFFIX = ".json"
QUARANTINE = "bad"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record and the file it came from."""

    path: Path
    record: LegRecord


class SpoolShipper:
    """A component that empties the spool.

    Args:
        directory: mod_json_cdr's ``log-dir``.
        scan_seconds: pause between two looks when there was nothing to do.
        quarantine_after_seconds: mod_json_cdr writes in place, so an unreadable file may still be growing; at this age
            it is put aside in ``bad/``.
    """

    name = "spool"

    def __init__(
        self,
        bus: Bus,
        directory: Path,
        metrics: SwitchlinkMetrics,
        *,
        node_id: str,
        scan_seconds: float = 0.4,
        quarantine_after_seconds: float = 30.0,
    ) -> None:
        self._bus = bus
        self._directory = directory
        self._metrics = metrics
        self._node_id = node_id
        self._scan_seconds = scan_seconds
        self._quarantine_after = quarantine_after_seconds
        self._task: asyncio.Task[None] | None = None
        self.waiting = 0
        """Files in the spool at the last look."""

    async def start(self) -> None:
        await asyncio.to_thread(self._directory.mkdir, parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._run(), name="spool")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                shipped = await self.ship_once()
                failures = 0
            except (BusError, OSError) as error:
                shipped, failures = 0, failures + 1
                log.warning("call records wait in the spool", waiting=self.waiting, reason=str(error))
            if shipped < BATCH:
                await asyncio.sleep(min(self._scan_seconds * 2**failures, 2.0))

    async def ship_once(self) -> int:
        """Ship one batch; return how many files left the spool.

        Raises:
            BusError: reporting cannot be reached, or did not store in time; nothing was deleted.
        """
        spooled, put_aside = await asyncio.to_thread(self._read_batch)
        if not spooled:
            return put_aside
        command = StoreCallRecords(node_id=self._node_id, records=tuple(item.record for item in spooled))
        reply = await self._bus.request(command, timeout=STORE_TIMEOUT_SECONDS)
        if not isinstance(reply, StoreCallRecordsReply) or not reply.ok:
            raise BusError(f"reporting did not store: {reply.detail or reply.code}")
        return put_aside + await asyncio.to_thread(self._settle, spooled, reply)

    def _read_batch(self) -> tuple[list[Spooled], int]:
        paths = sorted(self._files(), key=lambda entry: entry[0])
        self.waiting = len(paths)
        self._metrics.records_waiting.set(self.waiting)
        spooled: list[Spooled] = []
        put_aside = 0
        for _, path in paths:
            try:
                record = self._read(path)
            except UnreadableRecord as error:
                put_aside += self._quarantine(path, str(error))
                continue
            if record is not None:
                spooled.append(Spooled(path, record))
            if len(spooled) == BATCH:
                break
        return spooled, put_aside

    def _files(self) -> list[tuple[float, Path]]:
        with os.scandir(self._directory) as entries:
            return [(e.stat().st_mtime, Path(e.path)) for e in entries if e.is_file() and e.name.endswith(SUFFIX)]

    def _read(self, path: Path) -> LegRecord | None:
        """The record, or none while the file is still being written."""
        try:
            status = path.stat()
            if status.st_size > MAX_FILE_BYTES:
                raise UnreadableRecord("larger than any record")
            document = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except orjson.JSONDecodeError as error:
            if time.time() - status.st_mtime < self._quarantine_after:
                return None
            raise UnreadableRecord(f"not JSON: {error}") from error
        if not isinstance(document, dict):
            raise UnreadableRecord("not a JSON object")
        return leg_record(document, node_id=self._node_id)

    def _quarantine(self, path: Path, reason: str) -> int:
        log.error("call record put aside", file=path.name, reason=reason)
        self._metrics.records_bad.inc()
        aside = path.parent / QUARANTINE
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        return 1

    def _settle(self, spooled: list[Spooled], reply: StoreCallRecordsReply) -> int:
        """Delete what is stored, put aside what never will be; the rest stays."""
        stored = set(reply.stored)
        rejected = {item.leg_id: item.reason for item in reply.rejected}
        settled = 0
        for item in spooled:
            leg_id = item.record.leg_id
            if leg_id in stored:
                item.path.unlink(missing_ok=True)
                self._metrics.records_shipped.inc()
                settled += 1
            elif leg_id in rejected:
                settled += self._quarantine(item.path, rejected[leg_id])
        return settled
