"""``make run``: the whole platform on this machine, a demo tenant, and a first call through it.

python -m deploy.local [--once] [--fresh]    start (--fresh: from nothing; --once: stop again after the first call)
python -m deploy.local stop                  stop one that runs
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import time
from pathlib import Path

import psutil

from deploy.local import ports, screen
from deploy.local.demo import ADMIN_EMAIL, SLUG, Demo, prepare, prepare_flow
from deploy.local.first_call import FirstCallFailed, RealPhones, SimulatedPhones, first_call
from deploy.local.nats import NatsFailed
from deploy.local.platform import Platform, bootstrap
from deploy.local.postgres import PostgresFailed
from deploy.local.processes import ProcessDied
from deploy.local.secrets_file import load_or_make
from deploy.local.settings import LocalSettings
from deploy.local.switch import NoSuchSwitch, clear, find_freeswitch
from shared.http.client import ApiClient, ApiProblem, ServiceAway
from shared.runtime.settings import load

STOP_WAIT_SECONDS = 60.0

FAILURES = (
    ProcessDied,
    PostgresFailed,
    NatsFailed,
    ports.PortsTaken,
    NoSuchSwitch,
    FirstCallFailed,
    ApiProblem,
    ServiceAway,
)


def main() -> None:
    """Command line of the launcher."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", nargs="?", choices=["run", "stop"], default="run")
    parser.add_argument(
        "--once", action="store_true", help="stop everything after the first call; status 0 if it worked"
    )
    parser.add_argument("--fresh", action="store_true", help="start over: forget all data of this machine")
    wanted = parser.parse_args()
    settings = load(LocalSettings)
    if wanted.action == "stop":
        raise SystemExit(stop(settings))
    raise SystemExit(asyncio.run(run(settings, once=wanted.once, fresh=wanted.fresh)))


async def run(settings: LocalSettings, *, once: bool, fresh: bool) -> int:
    """Start, place the first call, then stay until Ctrl-C (or stop at once). Returns the exit status."""
    pid_file = settings.var / "launcher.pid"
    if other := _running(pid_file):
        screen.failed(f"Seda runs here already (process {other}); `make stop` ends it")
        return 1
    try:
        ports.check(settings.ports)
        freeswitch = find_freeswitch(settings)
    except (ports.PortsTaken, NoSuchSwitch) as error:
        screen.failed(str(error))
        return 1
    if fresh:  # only now: what cannot start forgets nothing
        clear(settings.var)
    settings.var.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(f"{os.getpid()}\n")
    secrets = load_or_make(settings.var / "secrets.json")
    platform = Platform(settings, secrets, freeswitch)
    screen.starting(freeswitch)
    stopping = _stop_on_signals()
    try:
        return await _serve(platform, stopping, once=once)
    finally:
        screen.say("stopping")
        await platform.stop()
        pid_file.unlink(missing_ok=True)


async def _serve(platform: Platform, stopping: asyncio.Event, *, once: bool) -> int:
    began = time.monotonic()
    work = asyncio.create_task(_begin(platform, began))
    halt = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({work, halt}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return 130
        await work
        if once:
            return 0
        watch = asyncio.create_task(platform.watch())
        await asyncio.wait({watch, halt}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            await watch
        watch.cancel()
    except FAILURES as error:
        screen.failed(str(error))
        return 1
    finally:
        for task in (work, halt):
            task.cancel()
        await asyncio.gather(work, halt, return_exceptions=True)
    return 0


async def _begin(platform: Platform, began: float) -> None:
    """From nothing to the first call's record on the screen."""
    watch = asyncio.create_task(platform.watch())
    start = asyncio.create_task(_first_call(platform))
    try:
        await asyncio.wait({watch, start}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done() and not start.done():
            await watch
        demo, record = await start
    finally:
        for task in (watch, start):
            task.cancel()
        await asyncio.gather(watch, start, return_exceptions=True)
    screen.record(record)
    screen.ready(platform, demo, time.monotonic() - began)


async def _first_call(platform: Platform) -> tuple[Demo, dict[str, object]]:
    settings, secrets = platform.settings, platform.secrets
    await platform.start(screen.say)
    await bootstrap(platform, ADMIN_EMAIL)
    urls = {name: settings.url(name) for name in ("directory", "routing", "reporting", "ivr", "acd")}
    credentials = {"email": ADMIN_EMAIL, "password": secrets.admin_password}
    async with ApiClient(urls, credentials) as client:
        demo = await prepare(client, secrets.demo_password)
        write_profile(settings.var / "cli.json", urls, credentials)
        screen.say("demo tenant is ready; placing the first call")
        place = RealPhones(settings) if platform.real else SimulatedPhones(settings, secrets)
        # Nobody has to wait for the flow: it comes to be while the phones talk.
        record, _ = await asyncio.gather(
            first_call(place, client, demo, screen.say), prepare_flow(client, demo.tenant_id)
        )
        return demo, record


def write_profile(path: Path, urls: dict[str, str], credentials: dict[str, str]) -> None:
    """Let ``seda`` find this platform and sign in."""
    path.touch(mode=0o600)
    profile = {f"{name}_url": url for name, url in urls.items()} | credentials | {"tenant": SLUG}
    path.write_text(json.dumps(profile, indent=2) + "\n")


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def stop(settings: LocalSettings) -> int:
    """Stop a launcher that runs, and wait until it has stopped everything."""
    pid = _running(settings.var / "launcher.pid")
    if pid is None:
        screen.say("nothing runs")
        return 0
    os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(STOP_WAIT_SECONDS)
    screen.say("stopped")
    return 0


def _running(pid_file: Path) -> int | None:
    """The launcher named by a pid file, if it is one and runs."""
    try:
        pid = int(pid_file.read_text())
        command = psutil.Process(pid).cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if "deploy.local" in command and pid != os.getpid() else None


if __name__ == "__main__":
    main()
