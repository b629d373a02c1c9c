"""Both switches for every scenario, and the golden trace it is held against.

`pytest tests/contract/switch --record` keeps what the real FreeSWITCH does as golden.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from freeswitch.phone import SipPhone
from freeswitch.simulator.app import Simulator
from freeswitch.simulator.settings import Settings
from tests.contract.switch import golden
from tests.contract.switch.bench import CARRIER_NUMBER, DOMAIN, GATEWAY, PASSWORD, Bench, SwitchUnderTest
from tests.contract.switch.drivers import RealDriver, SimulatedDriver
from tests.contract.switch.scenes import to_extension
from tests.support.esl_probe import EslProbe
from tests.support.fake_xml_curl import FakeXmlCurl
from tests.support.freeswitch_node import FreeSwitchNode

USERS = ("101", "102", "103", "104")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="keep what the real FreeSWITCH does as golden traces")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services() -> AsyncIterator[Callable[[], Awaitable[FakeXmlCurl]]]:
    """Makes faked directory and routing services with the scenarios' users."""
    made: list[FakeXmlCurl] = []

    async def make() -> FakeXmlCurl:
        services = FakeXmlCurl()
        for user in USERS:
            services.add_user(user, DOMAIN, PASSWORD)
        await services.start()
        made.append(services)
        return services

    yield make
    for services in made:
        await services.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulator(
    services: Callable[[], Awaitable[FakeXmlCurl]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SwitchUnderTest]:
    """The simulated switch in this process."""
    fake = await services()
    fake.gateways_xml = gateways("127.0.0.1:5060")
    spool = tmp_path_factory.mktemp("simulator-spool")
    settings = Settings(
        port=0,
        password="probe-probe",
        directory_url=fake.directory_url,
        dialplan_url=fake.dialplan_url,
        secret="s",
        cdr_spool=spool,
    )
    async with Simulator(settings) as running:

        async def api(command: str) -> str:
            probe = await EslProbe.connect("127.0.0.1", running.port, "probe-probe")
            try:
                return await probe.api(command)
            finally:
                await probe.close()

        driver = SimulatedDriver(api, GATEWAY, CARRIER_NUMBER)
        yield SwitchUnderTest("simulator", "127.0.0.1", running.port, "probe-probe", spool, fake, driver)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def freeswitch(
    services: Callable[[], Awaitable[FakeXmlCurl]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SwitchUnderTest]:
    """A real FreeSWITCH with Seda's configuration, and a SIP carrier behind its gateway."""
    fake = await services()
    node = FreeSwitchNode(
        tmp_path_factory.mktemp("freeswitch"),
        directory_url=fake.directory_url,
        routing_url=fake.dialplan_url,
        env={"SEDA_CODECS": "PCMU,PCMA"},
    )
    async with SipPhone(CARRIER_NUMBER, "", "127.0.0.1", proxy=node.trunks) as carrier:
        fake.gateways_xml = gateways(f"127.0.0.1:{carrier.port}")
        try:
            await node.start()
            driver = RealDriver(node.phones, carrier)
            yield SwitchUnderTest("freeswitch", node.host, node.esl_port, node.esl_password, node.spool, fake, driver)
        finally:
            await node.kill()  # an orderly stop takes 5 s, and nothing of it is looked at


def gateways(proxy: str) -> str:
    """The directory's answer to `purpose=gateways`."""
    params = {"proxy": proxy, "realm": proxy, "register": "false", "username": "seda", "password": "x"}
    written = "".join(f'<param name="{name}" value="{value}"/>' for name, value in params.items())
    gateway = f'<gateway name="{GATEWAY}">{written}</gateway>'
    return f'<domain name="trunks.internal"><user id="t"><gateways>{gateway}</gateways></user></domain>'


@pytest.fixture(params=["simulator", pytest.param("freeswitch", marks=pytest.mark.freeswitch)])
def switch(request: pytest.FixtureRequest) -> SwitchUnderTest:
    """The switch under test."""
    return request.getfixturevalue(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(switch: SwitchUnderTest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A clean switch, listened to."""
    opened = await Bench.open(switch, tmp_path, to_extension)
    yield opened
    await opened.close()


@pytest.fixture
def compare(bench: Bench, request: pytest.FixtureRequest) -> Callable[[], Awaitable[None]]:
    """Hold the scenario's trace against the golden one, or keep it as golden (`--record`, real switch only)."""
    scenario = request.node.originalname.removeprefix("test_")

    async def held_against_golden(except_for: tuple[str, ...] = ()) -> None:
        trace = await bench.trace(except_for)
        if request.config.getoption("--record", default=False) and bench.switch.kind == "freeswitch":
            golden.save(scenario, trace)
            return
        expected = golden.load(scenario)
        assert expected is not None, f"no golden trace of {scenario}: record one with --record and a real FreeSWITCH"
        found = golden.differences(expected, trace)
        assert not found, f"{len(found)} differences from what FreeSWITCH does:\n" + "\n".join(found)

    return held_against_golden
