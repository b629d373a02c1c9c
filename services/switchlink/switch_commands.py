"""Commands of the bus, carried out on the switch with an honest answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, get_args
from uuid import UUID

import orjson

from services.switchlink.domain.legs import Leg, LegTable
from services.switchlink.domain.queues import QueuePlace
from services.switchlink.hold_music import HoldMusic
from services.switchlink.metrics import SwitchlinkMetrics
from shared.contracts import switch as commands
from shared.contracts.switch import LegCommand, SwitchCommand, SwitchReply
from shared.esl import api_commands as api
from shared.esl.commands import ApiCommand
from shared.esl.errors import SwitchBusy, SwitchDisconnected, SwitchRefused, SwitchTimeout, UnsafeValue
from shared.telephony.ids import leg_id as checked_leg_id
from shared.telephony.queueing import QUEUE
from shared.telephony.sounds import MusicOnHold

QUICK_SECONDS = 5.0
RING_MARGIN_SECONDS = 5.0
BRIDGE_SECONDS = 2.0
"""A leg leaves what it plays within 20 ms, so this passes only where the event socket broke meanwhile."""


HOLD_MUSIC = f"endless_playback:{MusicOnHold().uri}"
"""An application of the dialplan ``inline``: as it is endless, a break that comes late does not end it."""


class Node(Protocol):
    """What commands need of the node."""

    draining: bool

    @property
    def node_id(self) -> str: ...

    @property
    def table(self) -> LegTable | None:
        """The node's legs; none before the first connection."""
        ...

    async def api(self, command: ApiCommand, timeout: float = QUICK_SECONDS) -> str: ...

    async def bgapi(self, command: ApiCommand, timeout: float) -> str: ...

    async def until(self, leg_ids: tuple[str, ...], holds: Callable[[], bool], timeout: float) -> bool: ...

    async def drain(self, on: bool) -> None: ...


class Refusal(Exception):
    """The command is not carried out, and why."""

    def __init__(self, code: commands.SwitchCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class CommandExecutor:
    """Carries out every command of ``shared.contracts.switch``.

    Args:
        node: the switch.
        recordings: folder that recording names are relative to.
    """

    def __init__(self, node: Node, metrics: SwitchlinkMetrics, *, recordings: Path) -> None:
        self._node = node
        self._metrics = metrics
        self._recordings = recordings
        self._made: dict[str, SwitchReply] = {}
        self._hold_music = HoldMusic(node)

    async def handle(self, command: SwitchCommand) -> SwitchReply | None:
        """The answer; none (silence) to a command for ``any`` about a leg that this node never had."""
        try:
            reply = await self._carry_out(command)
        except Refusal as refusal:
            if command.node_id == commands.ANY_NODE and refusal.code == "call_not_found":
                return None
            reply = self._refused(refusal.code, str(refusal))
        except UnsafeValue as error:
            reply = self._refused("invalid", str(error))
        except SwitchRefused as error:
            reply = self._switch_refused(command, error)
        except SwitchTimeout as error:
            reply = self._refused("deadline_exceeded", str(error))
        except (SwitchDisconnected, SwitchBusy) as error:
            reply = self._refused("switch_unreachable", str(error))
        self._metrics.commands.labels(command.name, reply.code).inc()
        return reply

    async def _carry_out(self, command: SwitchCommand) -> SwitchReply:
        handler = HANDLERS[type(command)]
        if isinstance(command, LegCommand):
            leg = self._leg(command.leg_id, command.tenant_id)
            return await handler(self, command, leg)
        return await handler(self, command)

    def _leg(self, leg_id: str, tenant_id: UUID | None) -> Leg:
        """The live leg, if it is this tenant's; another tenant's counts as never seen."""
        table = self._node.table
        if table is None:
            raise Refusal("switch_unreachable", "the switch has not been reached yet")
        leg = table.live.get(leg_id)
        if leg is not None and tenant_id in (None, leg.tenant_id):
            return leg
        if leg is None and leg_id in table.ended and tenant_id in (None, table.ended[leg_id]):
            raise Refusal("call_gone", "the call has ended")
        raise Refusal("call_not_found", "no such call on this node")

    def _done(self, leg_id: str | None = None, result: str = "") -> SwitchReply:
        return SwitchReply(node_id=self._node.node_id, leg_id=leg_id, result=result.strip())

    def _refused(self, code: commands.SwitchCode, detail: str) -> SwitchReply:
        return SwitchReply(ok=False, code=code, detail=detail, node_id=self._node.node_id)

    def _switch_refused(self, command: SwitchCommand, error: SwitchRefused) -> SwitchReply:
        """The switch's ``-ERR``: a leg that vanished meanwhile is gone, everything else is told in its own words."""
        words = error.detail.removeprefix("-ERR").strip()
        if isinstance(command, LegCommand) and "no such channel" in words.lower():
            return self._refused("call_gone", "the call has ended")
        return self._refused("refused", words)

    async def _leg_api(self, leg: Leg, command: ApiCommand) -> SwitchReply:
        return self._done(leg.leg_id, await self._node.api(command))

    # one method per command

    async def originate(self, command: commands.Originate) -> SwitchReply:
        """Place a call. The same ``leg_id`` again gives the first answer again, never a second call."""
        leg_id = _channel_uuid(command.leg_id)
        if leg_id in self._made:
            return self._made[leg_id]
        if self._node.draining and not self._goes_on(command.call_id):
            raise Refusal("node_draining", "this node takes no new calls")
        identity = {"origination_uuid": leg_id, "seda_call_id": _channel_uuid(command.call_id or leg_id)}
        if command.tenant_id is not None:
            identity["seda_tenant_id"] = str(command.tenant_id)
        reply = await self._originate(command, identity, command.application, command.argument)
        self._remember(leg_id, reply)
        return reply

    def _goes_on(self, call_id: str) -> bool:
        """Whether a leg is wanted for a call that is up here: who waits in a queue is served also while draining."""
        table = self._node.table
        return bool(call_id) and table is not None and any(leg.call_id == call_id for leg in table.live.values())

    async def _originate(self, command: Any, identity: dict[str, str], application: str, argument: str) -> SwitchReply:
        variables = ",".join(f"{name}={value}" for name, value in identity.items())
        place: dict[str, str] = {"application": application, "argument": argument}
        if application == "transfer":
            number, _, context = argument.partition(" XML ")
            place = {"extension": number, "context": context or "seda"}
        text = api.Originate(
            dial_string=f"{{{variables}}}{command.dial_string}",
            caller_id_name=getattr(command, "caller_name", ""),
            caller_id_number=getattr(command, "caller_number", ""),
            timeout_seconds=command.ring_timeout_seconds,
            **place,  # type: ignore[arg-type]
        )
        output = await self._node.bgapi(text, command.ring_timeout_seconds + RING_MARGIN_SECONDS)
        return self._done(identity["origination_uuid"], output.removeprefix("+OK"))

    def _remember(self, leg_id: str, reply: SwitchReply) -> None:
        self._made[leg_id] = reply
        while len(self._made) > 1000:
            del self._made[next(iter(self._made))]

    async def hang_up(self, command: commands.HangUp, leg: Leg) -> SwitchReply:
        return await self._leg_api(leg, api.UuidKill(leg.leg_id, command.cause))

    async def transfer(self, command: commands.Transfer, leg: Leg) -> SwitchReply:
        which: dict[str, Any] = {"leg": "a", "other": "b", "both": "both"}
        if self._node.table is not None:  # the reply may come before the events tell it
            self._node.table.leaves_park(leg.leg_id)
        return await self._leg_api(
            leg, api.UuidTransfer(leg.leg_id, command.number, command.context, legs=which[command.which])
        )

    async def bridge(self, command: commands.Bridge, leg: Leg) -> SwitchReply:
        other = self._leg(command.other_leg_id, command.tenant_id)
        if other.tenant_id != leg.tenant_id:
            raise Refusal("call_not_found", "no such call on this node")
        reply = await self._leg_api(leg, api.UuidBridge(leg.leg_id, other.leg_id))
        await self._joined(leg, other)
        return reply

    async def _joined(self, leg: Leg, other: Leg) -> None:
        """The switch's +OK says only that both legs were told; one that hung up meanwhile leaves the other to nobody.

        Raises:
            Refusal: nobody was connected. The other leg, left in CS_RESET where the first is gone, is in park.
        """
        live = self._live()

        def over() -> bool:
            return leg.leg_id not in live or other.leg_id not in live

        def told() -> bool:
            return over() or live[leg.leg_id].other_leg_id == other.leg_id

        if not await self._node.until((leg.leg_id, other.leg_id), told, BRIDGE_SECONDS):
            raise Refusal("deadline_exceeded", "the switch did not say in time whether the legs were joined")
        if over():
            if other.leg_id in live:
                await self._node.api(api.UuidPark(other.leg_id))
            raise Refusal("call_gone", "the call has ended")

    def _live(self) -> dict[str, Leg]:
        return self._node.table.live if self._node.table else {}

    async def separate(self, command: commands.Separate, leg: Leg) -> SwitchReply:
        """The music is no program's, so it goes on whatever dies."""
        other = self._leg(command.other_leg_id, command.tenant_id)
        await self._node.api(api.UuidSetVar(other.leg_id, "park_after_bridge", "true"))
        reply = await self._leg_api(leg, api.UuidTransfer(leg.leg_id, HOLD_MUSIC, "seda", dialplan="inline"))
        live = self._live()

        def over() -> bool:
            return leg.leg_id not in live or other.leg_id not in live

        def parted() -> bool:
            return over() or (live[other.leg_id].parked and live[leg.leg_id].other_leg_id is None)

        if not await self._node.until((leg.leg_id, other.leg_id), parted, BRIDGE_SECONDS):
            raise Refusal("deadline_exceeded", "the switch did not say in time whether the legs were parted")
        if over():
            raise Refusal("call_gone", "the call has ended")
        return reply

    async def barge(self, command: commands.Barge, leg: Leg) -> SwitchReply:
        other = self._leg(command.other_leg_id, command.tenant_id)
        for name, value in EAVESDROP_MODES[command.mode].items():
            await self._node.api(api.UuidSetVar(leg.leg_id, name, value))
        return await self._leg_api(
            leg, api.UuidTransfer(leg.leg_id, f"eavesdrop:{other.leg_id}", "seda", dialplan="inline")
        )

    async def park(self, command: commands.Park, leg: Leg) -> SwitchReply:
        return await self._leg_api(leg, api.UuidPark(leg.leg_id))

    async def hold(self, command: commands.Hold, leg: Leg) -> SwitchReply:
        if command.on:
            reply = await self._leg_api(leg, api.UuidHold(leg.leg_id))
            self._hold_music.begins(leg.leg_id)
            return reply
        if leg.other_leg_id is not None:
            await self._hold_music.end(leg.leg_id, leg.other_leg_id)
        return await self._leg_api(leg, api.UuidHold(leg.leg_id, on=False))

    async def record(self, command: commands.Record, leg: Leg) -> SwitchReply:
        path = str(self._recording(command.file))
        return await self._leg_api(leg, api.UuidRecord(leg.leg_id, command.action, path))

    def _recording(self, name: str) -> Path:
        """The full path of a recording; it cannot leave the folder."""
        relative = PurePosixPath(name)
        if not name or relative.is_absolute() or ".." in relative.parts:
            raise Refusal("invalid", "file: must be a path inside the recordings folder")
        return self._recordings / relative

    async def broadcast(self, command: commands.Broadcast, leg: Leg) -> SwitchReply:
        which: dict[str, Any] = {"leg": "aleg", "other": "bleg", "both": "both"}
        return await self._leg_api(leg, api.UuidBroadcast(leg.leg_id, command.media, which[command.which]))

    async def play_and_hang_up(self, command: commands.PlayAndHangUp, leg: Leg) -> SwitchReply:
        return await self._leg_api(leg, api.UuidPlayAndHangUp(leg.leg_id, command.media))

    async def send_digits(self, command: commands.SendDigits, leg: Leg) -> SwitchReply:
        return await self._leg_api(leg, api.UuidSendDtmf(leg.leg_id, command.digits))

    async def set_variables(self, command: commands.SetVariables, leg: Leg) -> SwitchReply:
        for name in command.variables:
            if not name.startswith("seda_") or name in {"seda_tenant_id", "seda_call_id"}:
                raise Refusal("invalid", f"variables.{name}: may not be set")
        sets = [api.UuidSetVar(leg.leg_id, name, value) for name, value in command.variables.items()]
        for one in sets:
            await self._node.api(one)
        return self._done(leg.leg_id)

    async def eavesdrop(self, command: commands.Eavesdrop, leg: Leg) -> SwitchReply:
        supervisor = _channel_uuid(command.supervisor_leg_id)
        identity = {"origination_uuid": supervisor, "seda_call_id": supervisor}
        if leg.tenant_id is not None:
            identity["seda_tenant_id"] = str(leg.tenant_id)
        identity |= EAVESDROP_MODES[command.mode]
        return await self._originate(command, identity, "eavesdrop", leg.leg_id)

    async def list_legs(self, command: commands.ListLegs) -> SwitchReply:
        table = self._node.table
        legs = table.of_tenant(command.tenant_id) if table else []
        queues = dict(zip(legs, await asyncio.gather(*map(self._queue, legs)), strict=True))
        return self._done(result=orjson.dumps([_view(leg, queues[leg]) for leg in legs]).decode())

    async def _queue(self, leg: Leg) -> QueuePlace | None:
        """A leg's place in a queue, if the switch still says so: no event tells that a caller gave up the queue."""
        if leg.queue is None:
            return None
        try:
            found = await self._node.api(api.UuidGetVar(leg.leg_id, QUEUE))
        except SwitchRefused:
            return None  # it hung up meanwhile
        return leg.queue if found.strip() == str(leg.queue.queue_id) else None

    async def drain(self, command: commands.Drain) -> SwitchReply:
        await self._node.drain(True)
        return self._done()

    async def undrain(self, command: commands.Undrain) -> SwitchReply:
        await self._node.drain(False)
        return self._done()


EAVESDROP_MODES: dict[str, dict[str, str]] = {
    mode: {
        "eavesdrop_enable_dtmf": "false",
        "eavesdrop_whisper_aleg": "true" if mode == "barge" else "false",
        "eavesdrop_whisper_bleg": "true" if mode in ("barge", "whisper") else "false",
    }
    for mode in get_args(commands.ListeningMode)
}
"""The variable ``aleg`` mixes into what the leg says, ``bleg`` into what it hears (switch_ivr_async.c, ED_MUX_READ and
ED_MUX_WRITE in eavesdrop_callback). All are set each time: another mode may have been set before."""

HANDLERS: dict[type[SwitchCommand], Callable[..., Awaitable[SwitchReply]]] = {
    commands.Originate: CommandExecutor.originate,
    commands.HangUp: CommandExecutor.hang_up,
    commands.Transfer: CommandExecutor.transfer,
    commands.Bridge: CommandExecutor.bridge,
    commands.Separate: CommandExecutor.separate,
    commands.Barge: CommandExecutor.barge,
    commands.Park: CommandExecutor.park,
    commands.Hold: CommandExecutor.hold,
    commands.Record: CommandExecutor.record,
    commands.Broadcast: CommandExecutor.broadcast,
    commands.PlayAndHangUp: CommandExecutor.play_and_hang_up,
    commands.SendDigits: CommandExecutor.send_digits,
    commands.SetVariables: CommandExecutor.set_variables,
    commands.Eavesdrop: CommandExecutor.eavesdrop,
    commands.ListLegs: CommandExecutor.list_legs,
    commands.Drain: CommandExecutor.drain,
    commands.Undrain: CommandExecutor.undrain,
}


def _channel_uuid(value: str) -> str:
    """A leg id chosen by the sender; it goes into a dial string, so it must be a UUID and nothing else."""
    try:
        return checked_leg_id(value)
    except ValueError as error:
        raise Refusal("invalid", f"leg_id: {error}") from error


def _view(leg: Leg, queue: QueuePlace | None) -> dict[str, Any]:
    return {
        "leg_id": leg.leg_id,
        "call_id": leg.call_id,
        "tenant_id": str(leg.tenant_id) if leg.tenant_id else None,
        "leg_direction": leg.leg_direction,
        "direction": leg.direction,
        "caller_number": leg.caller_number,
        "caller_name": leg.caller_name,
        "called_number": leg.called_number,
        "extension": leg.extension,
        "created_at": leg.created_at.isoformat(),
        "answered_at": leg.answered_at.isoformat() if leg.answered_at else None,
        "other_leg_id": leg.other_leg_id,
        "agent_leg": leg.agent_leg,
        "parked": leg.parked,
        "held": leg.held,
        "queue_id": str(queue.queue_id) if queue else None,
        "queue_turn": queue.turn if queue else None,
        "queue_priority": queue.priority if queue else None,
        "queue_language": queue.language if queue else None,
        "queued_at": leg.queued_at.isoformat() if queue and leg.queued_at else None,
    }
