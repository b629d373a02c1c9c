"""What chart and compose file give to Prometheus and Grafana, where they are asked to."""

import json

import kubernetes_validate
import pytest
import yaml
from helm_python.errors import HelmError

from tests.contract.chart.rendered import PROJECT, WORKLOADS, containers, render

PLACE = PROJECT / "deploy" / "observability"
ALL = {"scrape": True, "alerts": True, "dashboards": True, "labels": {"release": "kps"}}
OF_THE_OPERATOR = ("ServiceMonitor", "PrometheusRule")


@pytest.fixture(scope="module")
def watched():
    return render({"observability": ALL})


def test_nothing_is_made_unless_it_is_asked_for(chart):
    assert chart.of(*OF_THE_OPERATOR) == []
    assert [one for one in chart.of("ConfigMap") if "dashboard" in one["metadata"]["name"]] == []


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [("scrape", {"ServiceMonitor"}), ("alerts", {"PrometheusRule"}), ("dashboards", {"ConfigMap"})],
)
def test_each_is_asked_for_by_itself(asked, kinds):
    made = {(one["kind"], one["metadata"]["name"]) for one in render({"observability": {asked: True}}).objects}
    without = {(one["kind"], one["metadata"]["name"]) for one in render().objects}
    assert {kind for kind, _ in made - without} == kinds
    assert without <= made


def test_every_process_is_scraped_as_the_job_that_rules_count_on(watched):
    monitor = watched.get("ServiceMonitor", "seda")
    selector, ports = monitor["spec"]["selector"]["matchLabels"], {one["port"] for one in monitor["spec"]["endpoints"]}
    scraped = {
        service["metadata"]["name"]: [port["name"] for port in service["spec"]["ports"] if port["name"] in ports]
        for service in watched.of("Service")
        if selector.items() <= service["metadata"]["labels"].items()
    }
    assert {name: found for name, found in scraped.items() if found} == {
        "seda-directory": ["http"],
        "seda-routing": ["http"],
        "seda-reporting": ["http"],
        "seda-ivr": ["http"],
        "seda-acd": ["http"],
        "seda-freeswitch": ["link"],
    }
    served = {port["name"] for one in watched.of(*WORKLOADS) for c in containers(one) for port in c.get("ports", [])}
    assert ports <= served
    jobs = {one["metadata"]["labels"][monitor["spec"]["jobLabel"]] for one in watched.of("Service")}
    assert jobs == {"seda"}
    assert 'up{job="seda"}' in (PLACE / "alerts.yaml").read_text()


def test_prometheus_may_ask_every_service_that_has_a_network_policy(watched):
    """`networkPolicy.clients` lets it in; FreeSWITCH's pod, with switchlink, has no policy."""
    for name in ("directory", "routing", "reporting", "ivr", "acd"):
        [http, *_] = watched.get("NetworkPolicy", f"seda-{name}")["spec"]["ingress"]
        assert {"namespaceSelector": {}} in http["from"]


def test_the_rules_of_the_chart_are_those_of_the_project(watched):
    rule = watched.get("PrometheusRule", "seda")
    assert rule["spec"] == yaml.safe_load((PLACE / "alerts.yaml").read_text())
    for kind in OF_THE_OPERATOR:
        assert watched.get(kind, "seda")["metadata"]["labels"]["release"] == "kps"


def test_the_dashboards_of_the_chart_are_those_of_the_project(watched):
    ours = {path.stem: json.loads(path.read_text()) for path in (PLACE / "dashboards").glob("*.json")}
    assert len(ours) == 3
    for name, board in ours.items():
        found = watched.get("ConfigMap", f"seda-dashboard-{name}")
        assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert {file: json.loads(text) for file, text in found["data"].items()} == {f"seda-{name}.json": board}
        kubernetes_validate.validate(found, "1.29", strict=True)


@pytest.mark.parametrize(
    "wrong", [{"alerts": "yes"}, {"interval": "15"}, {"labels": {"release": "not a label"}}, {"alarms": True}]
)
def test_a_slip_in_the_values_is_refused(wrong):
    with pytest.raises(HelmError):
        render({"observability": wrong})


@pytest.fixture(scope="module")
def composed():
    return yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())


def test_compose_starts_prometheus_and_grafana_only_when_they_are_asked_for(composed):
    for name in ("prometheus", "grafana"):
        service = composed["services"][name]
        assert service["profiles"] == ["observability"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in composed["volumes"] or (PROJECT / "deploy" / source).exists(), source


def test_composes_prometheus_asks_every_service_at_its_port(composed):
    config = yaml.safe_load((PLACE / "prometheus.yaml").read_text())
    mounted = {volume.split(":")[1] for volume in composed["services"]["prometheus"]["volumes"]}
    assert set(config["rule_files"]) <= mounted
    [job] = config["scrape_configs"]
    assert job["job_name"] == "seda"
    [targets] = [one["targets"] for one in job["static_configs"]]
    services = composed["services"]
    asked = dict(target.split(":") for target in targets)
    link = services["switchlink"]
    assert (link["network_mode"], asked.pop("freeswitch")) == ("service:freeswitch", "8103")
    assert link["environment"]["SWITCHLINK_HTTP_HOST"] == "0.0.0.0"
    assert {f"127.0.0.1:{port}:{port}" for port in asked.values()} == {services[name]["ports"][0] for name in asked}
    long_running = {name for name, one in services.items() if one.get("command") == [f"services.{name}"]}
    assert set(asked) | {"switchlink"} == long_running, "none is forgotten"


def test_composes_grafana_finds_the_dashboards_and_prometheus(composed):
    [source] = yaml.safe_load((PLACE / "grafana.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    [provider] = yaml.safe_load((PLACE / "grafana-dashboards.yaml").read_text())["providers"]
    assert f"./observability/dashboards:{provider['options']['path']}:ro" in composed["services"]["grafana"]["volumes"]
