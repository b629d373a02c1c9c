"""What chart and compose file tell the processes is what the processes understand."""

import os
import re
import subprocess

import pytest
import yaml

from deploy.local.nats import find_nats_server
from deploy.new_secrets import compose, kubernetes
from services.acd.settings import AcdSettings
from services.directory.settings import DirectorySettings
from services.ivr.settings import IvrSettings
from services.reporting.settings import ReportingSettings
from services.routing.settings import RoutingSettings
from services.switchlink.settings import SwitchlinkSettings
from shared.bus.permissions import SERVICES as BUS_USERS
from tests.contract.chart.rendered import PROJECT, container, render, told, workload_of

STORES = {
    "directory": DirectorySettings,
    "routing": RoutingSettings,
    "reporting": ReportingSettings,
    "ivr": IvrSettings,
    "acd": AcdSettings,
}
CLASSES = STORES | {"switchlink": SwitchlinkSettings}
SECRETS = kubernetes()
PASSWORDS = compose()
FREESWITCH_READS = set(re.findall(r"\$(SEDA_[A-Z_]+)", (PROJECT / "freeswitch/conf/vars.xml").read_text()))


def understood(name, environment, monkeypatch):
    """The service's settings, made from this environment and nothing else; every variable with its prefix is one."""
    kind = CLASSES[name]
    prefix = kind.model_config["env_prefix"]
    known = {f"{prefix}{field}".upper() for field in kind.model_fields}
    assert {variable for variable in environment if variable.startswith(prefix)} <= known
    for variable in set(os.environ) - {"PATH", "PYTEST_CURRENT_TEST", "HOME"}:
        monkeypatch.delenv(variable)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    return kind()


@pytest.mark.parametrize("name", STORES)
def test_a_service_understands_what_the_chart_tells_it(chart, name, monkeypatch):
    environment = told(container(workload_of(chart, name), name), SECRETS)
    settings = understood(name, environment, monkeypatch)
    assert settings.http_host == "0.0.0.0"
    assert settings.nats_url == f"nats://{name}:{SECRETS['seda-nats'][name]}@seda-nats:4222"
    password = SECRETS["seda-database"][name]
    assert settings.database_url.get_secret_value() == f"postgresql://{name}:{password}@postgres:5432/seda"
    assert settings.migrations_url is None
    if name != "directory":
        assert settings.jwks_url == "http://seda-directory:8101/.well-known/jwks.json"


@pytest.mark.parametrize("name", STORES)
def test_a_migration_understands_what_the_chart_tells_it(chart, name, monkeypatch):
    environment = told(container(chart.get("Job", f"seda-{name}-migrate"), "migrate"), SECRETS)
    settings = understood(name, environment, monkeypatch)
    password = SECRETS["seda-database"][f"{name}_owner"]
    assert settings.migrations_url.get_secret_value() == f"postgresql://{name}_owner:{password}@postgres:5432/seda"


def test_freeswitch_and_switchlink_are_told_the_same(chart, monkeypatch):
    workload = chart.get("StatefulSet", "seda-freeswitch")
    switch = told(container(workload, "freeswitch"), SECRETS)
    assert set(switch) <= FREESWITCH_READS
    directory = told(container(chart.get("Deployment", "seda-directory"), "directory"), SECRETS)
    assert switch["SEDA_SWITCH_SECRET"] == directory["DIRECTORY_SWITCH_SECRET"]
    assert switch["SEDA_DIRECTORY_SWITCH_URL"] == "http://seda-directory:8101/switch/directory"
    assert switch["SEDA_ROUTING_SWITCH_URL"] == "http://seda-routing:8102/switch/dialplan"
    link = understood("switchlink", told(container(workload, "switchlink"), SECRETS), monkeypatch)
    assert link.event_socket_password.get_secret_value() == switch["SEDA_ESL_PASSWORD"]
    assert str(link.event_socket_port) == switch["SEDA_ESL_PORT"]
    assert link.event_socket_host == "127.0.0.1"
    assert str(link.spool_dir) == switch["SEDA_CDR_SPOOL"]
    assert link.node_id == switch["SEDA_NODE"]


def test_acd_seals_with_what_routing_opens_with(chart, composed, monkeypatch):
    for acd, routing in (
        [told(container(workload_of(chart, name), name), SECRETS) for name in ("acd", "routing")],
        [composed[name]["environment"] for name in ("acd", "routing")],
    ):
        settings = understood("acd", acd, monkeypatch)
        assert settings.switch_secret.get_secret_value() == routing["ROUTING_SWITCH_SECRET"]


def test_ivr_is_told_what_freeswitch_and_routing_are_told(chart, monkeypatch):
    ivr = container(workload_of(chart, "ivr"), "ivr")
    settings = understood("ivr", told(ivr, SECRETS), monkeypatch)
    switch = container(chart.get("StatefulSet", "seda-freeswitch"), "freeswitch")
    assert settings.switch_secret.get_secret_value() == told(switch, SECRETS)["SEDA_SWITCH_SECRET"]
    assert settings.call_host == "0.0.0.0"
    mounted = {"name": "media", "mountPath": str(settings.media_dir)}
    assert mounted in ivr["volumeMounts"]
    assert mounted in switch["volumeMounts"]
    pod = workload_of(chart, "ivr")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 5 + settings.drain_seconds + 2 * settings.shutdown_grace_seconds


def test_routing_is_told_every_pod_of_ivr_by_name(chart, monkeypatch):
    """A list in which a dead one is passed over for the next, while a name for all of them may lead to it again."""
    workload = workload_of(chart, "ivr")
    settings = understood("routing", told(container(workload_of(chart, "routing"), "routing"), SECRETS), monkeypatch)
    governing = chart.get("Service", workload["spec"]["serviceName"])["spec"]
    assert (governing["clusterIP"], governing["publishNotReadyAddresses"]) == ("None", True)
    port = governing["ports"][0]["port"]
    pods = [f"{workload['metadata']['name']}-{place}" for place in range(workload["spec"]["replicas"])]
    assert settings.programs == tuple(f"{pod}.{workload['spec']['serviceName']}:{port}" for pod in pods)


def test_where_the_number_of_ivr_pods_changes_calls_are_divided_by_the_service(monkeypatch):
    grown = render({"services": {"ivr": {"maxReplicas": 9, "calls": {"scaleAt": 200}}}})
    settings = understood("routing", told(container(workload_of(grown, "routing"), "routing"), SECRETS), monkeypatch)
    assert set(settings.programs) == {"seda-ivr:8205"}
    assert len(settings.programs) > 1, "each try may come to another pod"
    assert {"name": "calls", "port": 8205, "targetPort": "calls"} in grown.get("Service", "seda-ivr")["spec"]["ports"]
    scaler = grown.get("HorizontalPodAutoscaler", "seda-ivr")["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "seda-ivr"}
    [by_calls] = [metric["pods"] for metric in scaler["metrics"] if metric["type"] == "Pods"]
    assert by_calls == {"metric": {"name": "seda_ivr_calls"}, "target": {"type": "AverageValue", "averageValue": "200"}}


def test_ivr_understands_the_mail_server_that_a_secret_names(monkeypatch):
    ivr = container(workload_of(render({"secrets": {"mail": "post"}}), "ivr"), "ivr")
    secrets = SECRETS | {"post": {"smtp-url": "smtps://seda:secret@mail.example"}}
    settings = understood("ivr", told(ivr, secrets), monkeypatch)
    assert settings.smtp_url.get_secret_value() == "smtps://seda:secret@mail.example"
    assert "SMTP" not in str(workload_of(render(), "ivr"))


def test_without_ivr_routing_knows_that_there_are_no_programs(monkeypatch):
    without = render({"services": {"ivr": None}})
    settings = understood("routing", told(container(workload_of(without, "routing"), "routing"), SECRETS), monkeypatch)
    assert settings.programs == ()
    assert without.of("PersistentVolumeClaim") == []


def accepts(configuration, environment):
    """A real NATS server reads the configuration; its words where it does not."""
    return subprocess.run(
        [str(find_nats_server()), "-t", "--config", str(configuration)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_nats_reads_the_charts_configuration_with_every_user_and_every_peer(chart, tmp_path):
    for name, text in chart.get("ConfigMap", "seda-nats")["data"].items():
        (tmp_path / name).write_text(text)
    workload = chart.get("StatefulSet", "seda-nats")
    environment = told(container(workload, "nats"), SECRETS, pod="seda-nats-0")
    assert {f"SEDA_NATS_PASSWORD_{user.upper()}" for user in BUS_USERS} <= environment.keys()
    checked = accepts(tmp_path / "nats.conf", environment)
    assert checked.returncode == 0, checked.stderr
    routes = [value for name, value in environment.items() if name.startswith("ROUTE_")]
    assert len(routes) == (workload["spec"]["replicas"] if workload["spec"]["replicas"] > 1 else 0)
    without = accepts(tmp_path / "nats.conf", {k: v for k, v in environment.items() if "ROUTING" not in k})
    assert without.returncode != 0, "a user without a password must not come to be"


# the compose file


def interpolated(text, values):
    """As compose reads ``${NAME:?}`` and ``${NAME:-default}``."""

    def put_in(found):
        name, operator, word = found["name"], found["operator"], found["word"]
        if values.get(name):
            return values[name]
        assert operator == ":-", f"{name} is not made by the command"
        return word

    return re.sub(r"\$\{(?P<name>[A-Z_]+)(?P<operator>:[-?])(?P<word>[^}]*)\}", put_in, text)


@pytest.fixture(scope="module")
def composed():
    text = (PROJECT / "deploy/compose.yaml").read_text()
    return yaml.safe_load(interpolated(text, PASSWORDS))["services"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_service_understands_what_compose_tells_it(composed, name, monkeypatch):
    settings = understood(name, composed[name]["environment"], monkeypatch)
    assert settings.nats_url == f"nats://{name}:{PASSWORDS['SEDA_NATS_PASSWORD_' + name.upper()]}@nats:4222"


@pytest.mark.parametrize("name", STORES)
def test_compose_migrates_as_the_owner_before_the_service_starts(composed, name, monkeypatch):
    once = composed[f"{name}-migrate"]
    settings = understood(name, once["environment"], monkeypatch)
    assert settings.migrations_url.get_secret_value().startswith(f"postgresql://{name}_owner:")
    assert once["restart"] == "no"
    assert composed[name]["depends_on"][f"{name}-migrate"] == {"condition": "service_completed_successfully"}
    assert "MIGRATIONS" not in str(composed[name]["environment"])


def test_compose_puts_switchlink_into_freeswitchs_network_and_spool(composed):
    switch, link = composed["freeswitch"], composed["switchlink"]
    assert set(switch["environment"]) <= FREESWITCH_READS
    assert link["network_mode"] == "service:freeswitch"
    assert set(link["volumes"]) <= set(switch["volumes"])
    assert link["environment"]["SWITCHLINK_SPOOL_DIR"] == switch["environment"]["SEDA_CDR_SPOOL"]
    assert link["environment"]["SWITCHLINK_EVENT_SOCKET_PASSWORD"] == switch["environment"]["SEDA_ESL_PASSWORD"]
    assert link["environment"]["SWITCHLINK_NODE_ID"] == switch["environment"]["SEDA_NODE"]


def test_compose_lets_ivr_and_freeswitch_share_their_media(composed, monkeypatch):
    ivr, switch = composed["ivr"], composed["freeswitch"]
    settings = understood("ivr", ivr["environment"], monkeypatch)
    assert ivr["volumes"] == [f"media:{settings.media_dir}"]
    assert ivr["volumes"][0] in switch["volumes"]
    assert ivr["user"] == composed["switchlink"]["user"], "FreeSWITCH's own"
    assert settings.switch_secret.get_secret_value() == switch["environment"]["SEDA_SWITCH_SECRET"]
    assert composed["routing"]["environment"]["ROUTING_IVR_ADDRESSES"] == f"ivr:{settings.call_port}"
    assert settings.call_host == "0.0.0.0"


def test_nats_reads_composes_configuration(composed, tmp_path):
    (tmp_path / "nats.conf").write_text((PROJECT / "deploy/nats.conf").read_text())
    (tmp_path / "users.conf").write_text((PROJECT / "helm/seda/files/nats-users.conf").read_text())
    checked = accepts(tmp_path / "nats.conf", composed["nats"]["environment"])
    assert checked.returncode == 0, checked.stderr


def test_the_example_names_every_secret_and_has_no_value():
    lines = (PROJECT / "deploy/compose.env.example").read_text().splitlines()
    named = {line.split("=", 1)[0]: line.split("=", 1)[1] for line in lines if line and not line.startswith("#")}
    assert named.keys() >= PASSWORDS.keys()
    assert set(named.values()) == {""}


def test_a_new_set_is_new_each_time():
    assert not set(compose().values()) & set(PASSWORDS.values())
