"""What ivr is measured against: an outbound-socket server of asyncio alone that answers and plays a file, no more.

python -m tests.load.bare_socket prompt FILE    connect, answer, playback
python -m tests.load.bare_socket menu FILE      connect, answer, then ask for one key again and again

Prints its port. It never waits for the end of an application where it need not, has no state, no flow and no events
beyond the one that brings the key: no program that talks with a caller over this socket can do less.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine

EXECUTE = "sendmsg\ncall-command: execute\nexecute-app-name: {}\nexecute-app-arg: {}\n\n"
LENGTH = re.compile(rb"^Content-Length: (\d+)", re.MULTILINE)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Coroutine[None, None, None]]


async def prompt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, file: str) -> None:
    """Answer, and play once."""
    for command in ("connect\n\n", EXECUTE.format("answer", ""), EXECUTE.format("playback", file)):
        await _ask(reader, writer, command)


async def menu(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, file: str) -> None:
    """Answer, and ask for a key until the caller leaves."""
    await prompt_begun(reader, writer)
    ask = EXECUTE.format("play_and_get_digits", f"1 1 1 60000 none {file} '' seda_keys '' 60000")
    await _ask(reader, writer, ask)
    while True:
        headers, body = await _message(reader)
        if b"text/event" in headers and b'"play_and_get_digits"' in body:
            writer.write(ask.encode())  # its +OK is one of the messages passed over


async def prompt_begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Up to the answered call whose applications' ends are told."""
    for command in ("connect\n\n", "myevents json\n\n", f"nixevent {OTHERS}\n\n", EXECUTE.format("answer", "")):
        await _ask(reader, writer, command)


OTHERS = "CHANNEL_CALLSTATE CHANNEL_STATE CHANNEL_EXECUTE CODEC CALL_UPDATE DTMF PLAYBACK_START PLAYBACK_STOP"


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str) -> None:
    writer.write(command.encode())
    while b"command/reply" not in (await _message(reader))[0]:
        pass


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    headers = await reader.readuntil(b"\n\n")
    length = LENGTH.search(headers)
    return headers, await reader.readexactly(int(length[1])) if length else b""


def _serve(talk: Talk, file: str) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer, file)
            await reader.read()  # until the switch lets go
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return serve


async def main(kind: str, file: str) -> None:
    """Serve until standard input ends."""
    server = await asyncio.start_server(_serve({"prompt": prompt, "menu": menu}[kind], file), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
