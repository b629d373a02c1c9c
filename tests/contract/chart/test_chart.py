"""What the chart promises, for its own values and for the overlay."""

import re

import kubernetes_validate
import pytest
import yaml
from helm_python.chart import lint
from helm_python.errors import HelmError

from deploy.new_secrets import kubernetes
from tests.contract.chart.rendered import (
    CHART,
    WORKLOADS,
    container,
    containers,
    references,
    render,
    workload_of,
)

OLDEST, NEWEST = "1.29", "1.34"
"""Kubernetes: the oldest the chart allows, and a new one."""

SERVICES = ("directory", "routing", "reporting", "ivr", "acd")


def test_lint_finds_nothing():
    report = lint(str(CHART), strict=True)
    assert report["errors"] == []
    assert [found for found in report["messages"] if found["severity"] > 1] == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(chart, version):
    for found in chart.objects:
        kubernetes_validate.validate(found, version, strict=True)


def test_names_are_unique(chart):
    names = [(found["kind"], found["metadata"]["name"]) for found in chart.objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_probed_and_its_pods_are_not_taken_away_at_once(chart, service):
    deployment = workload_of(chart, service)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    served = container(deployment, service)
    port = served["ports"][0]["containerPort"]
    assert served["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert served["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert chart.get("Service", f"seda-{service}")["spec"]["ports"][0]["port"] == port
    for kind in ("Service", "PodDisruptionBudget"):
        selector = chart.get(kind, f"seda-{service}")["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels.items()
    assert chart.get("PodDisruptionBudget", f"seda-{service}")["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("directory", "/healthz"),
        ("routing", "/healthz"),
        ("ivr", "/healthz"),
        ("reporting", "/readyz"),
        ("acd", "/readyz"),
    ],
)
def test_freeswitch_is_answered_from_memory_while_nats_is_away(chart, service, path):
    """/readyz fails in all pods at once then; a Service without pods would send every call to the fallback."""
    probe = container(workload_of(chart, service), service)["readinessProbe"]
    assert probe["httpGet"]["path"] == path


def test_every_container_is_confined_and_knows_its_share(chart):
    for workload in chart.of(*WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for found in containers(workload):
            assert found["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert found["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in found["resources"]["limits"]


def test_every_long_running_container_is_probed(chart):
    for workload in chart.of("Deployment", "StatefulSet"):
        for found in containers(workload):
            assert {"readinessProbe", "livenessProbe"} <= found.keys(), found["name"]


def test_ports_volumes_and_accounts_exist(chart):
    accounts = {found["metadata"]["name"] for found in chart.of("ServiceAccount")}
    for workload in chart.of(*WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        assert pod["serviceAccountName"] in accounts
        claims = workload["spec"].get("volumeClaimTemplates", [])
        volumes = {v["name"] for v in pod.get("volumes", [])} | {c["metadata"]["name"] for c in claims}
        mounted = {
            v["persistentVolumeClaim"]["claimName"] for v in pod.get("volumes", []) if "persistentVolumeClaim" in v
        }
        assert mounted <= {found["metadata"]["name"] for found in chart.of("PersistentVolumeClaim")}
        for found in containers(workload):
            assert {mount["name"] for mount in found.get("volumeMounts", [])} <= volumes


def test_no_secret_is_made_and_each_that_is_named_is_made_by_the_command(chart):
    made = kubernetes() | {"seda-database-admin": {"url": ""}}
    assert chart.of("Secret") == []
    for workload in chart.of(*WORKLOADS):
        for secret, key in references(workload):
            assert key in made[secret]
        for volume in workload["spec"]["template"]["spec"].get("volumes", []):
            if "secret" in volume:
                assert {item["key"] for item in volume["secret"]["items"]} <= made[
                    volume["secret"]["secretName"]
                ].keys()


def test_no_secret_stands_in_the_clear(chart):
    """A password in an address is always one that Kubernetes puts in."""
    passwords = re.findall(r"[a-z-]+://[^\s:/@]+:([^@\s]+)@", chart.text)
    assert passwords
    assert [found for found in passwords if not re.fullmatch(r"\$\([A-Z_]+\)", found)] == []
    for workload in chart.of(*WORKLOADS):
        for found in containers(workload):
            for variable in found["env"]:
                if re.search(r"PASSWORD|SECRET|SECRETS_KEY|ADMIN_URL", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], variable["name"]


def test_migrations_come_before_everything_as_the_owner_and_services_never_are_the_owner(chart):
    jobs = {found["metadata"]["name"]: found for found in chart.of("Job")}
    for service in SERVICES:
        job = jobs[f"seda-{service}-migrate"]
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert container(job, "migrate")["args"] == [f"services.{service}", "migrate"]
        assert "owner" in str(container(job, "migrate")["env"])
        assert "owner" not in str(workload_of(chart, service))


def test_hooks_need_nothing_that_is_made_after_them(chart):
    hooks = {
        (found["kind"], found["metadata"]["name"])
        for found in chart.objects
        if "helm.sh/hook" in found["metadata"].get("annotations", {})
    }
    for job in chart.of("Job"):
        pod = job["spec"]["template"]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in hooks
        assert "configMap" not in str(pod)


def test_switchlink_lives_beside_freeswitch_and_ends_after_it(chart):
    workload = chart.get("StatefulSet", "seda-freeswitch")
    link = container(workload, "switchlink")
    switch = container(workload, "freeswitch")
    assert link in workload["spec"]["template"]["spec"]["initContainers"]
    assert link["restartPolicy"] == "Always"
    shared = [mount for mount in link["volumeMounts"] if mount["name"] == "state"]
    assert shared
    assert all(mount in switch["volumeMounts"] for mount in shared)
    drain = int(switch["lifecycle"]["preStop"]["exec"]["command"][1])
    assert workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain


def test_one_lost_pod_or_zone_is_not_missed_with_the_overlay(ha):
    for workload in ha.of("Deployment", "StatefulSet"):
        constraints = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {found["topologyKey"] for found in constraints} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        assert len(ha.get("PodDisruptionBudget", workload["metadata"]["name"])["metadata"]["name"]) > 0
    scaled = {found["metadata"]["name"]: found["spec"]["minReplicas"] for found in ha.of("HorizontalPodAutoscaler")}
    replicas = {w["metadata"]["name"]: w["spec"].get("replicas") for w in ha.of("Deployment", "StatefulSet")}
    assert {name: count or scaled[name] for name, count in replicas.items()} == dict.fromkeys(replicas, 3)
    assert "replicas" not in ha.get("Deployment", "seda-routing")["spec"], "the autoscaler's number would be undone"


def test_every_pod_but_freeswitch_is_closed_to_those_not_named(chart):
    closed = chart.get("NetworkPolicy", "seda-closed")["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    opened = {found["metadata"]["name"] for found in chart.of("NetworkPolicy")}
    assert opened >= {f"seda-{name}" for name in (*SERVICES, "nats")}


def test_callers_media_are_on_every_node_and_outlive_the_release(chart):
    claim = chart.get("PersistentVolumeClaim", "seda-media")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    users = {
        workload["metadata"]["name"]: workload["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        for workload in chart.of("Deployment", "StatefulSet")
        if "mountPath': '/var/lib/seda/media'" in str(workload)
    }
    assert users.keys() == {"seda-ivr", "seda-freeswitch"}
    assert len(set(users.values())) == 1, "each deletes what the other wrote"


def test_a_media_volume_of_ones_own_is_used():
    own = render({"media": {"existingClaim": "filer"}})
    assert own.of("PersistentVolumeClaim") == []
    for name in ("ivr", "freeswitch"):
        volumes = workload_of(own, name)["spec"]["template"]["spec"]["volumes"]
        assert {"name": "media", "persistentVolumeClaim": {"claimName": "filer"}} in volumes


def test_only_freeswitch_hands_calls_over(chart):
    http, calls = chart.get("NetworkPolicy", "seda-ivr")["spec"]["ingress"]
    assert (http["ports"], calls["ports"]) == ([{"port": 8105}], [{"port": 8205}])
    pods = [one["podSelector"]["matchLabels"] for one in calls["from"] if "podSelector" in one]
    assert [one["app.kubernetes.io/name"] for one in pods] == ["freeswitch"]
    assert not any("namespaceSelector" in one for one in calls["from"])


def test_flows_reach_programs_outside_and_nothing_of_the_cluster(chart):
    policy = chart.get("NetworkPolicy", "seda-to-outside")["spec"]
    blocks = [to["ipBlock"] for to in policy["egress"][0]["to"]]
    assert {"10.0.0.0/8", "169.254.0.0/16", "fc00::/7"} <= {one for block in blocks for one in block["except"]}
    labels = {name: workload_of(chart, name)["spec"]["template"]["metadata"]["labels"] for name in SERVICES}
    assert [name for name in SERVICES if labels[name].get("seda/outside")] == ["ivr"]


WRONG = {
    "a word that is not known": {"replica": 3},
    "a port that does not exist": {"services": {"routing": {"port": 99999}}},
    "no replicas": {"services": {"routing": {"replicas": 0}}},
    "an even number of NATS servers": {"nats": {"replicas": 2}},
    "a password among the settings": {"settings": {"nats_password": "x"}},
    "a bus address among the settings": {"services": {"routing": {"settings": {"nats_url": "nats://a:b@c"}}}},
    "a password in the database's options": {"database": {"options": "password=x"}},
    "a value that would break FreeSWITCH's XML": {"freeswitch": {"settings": {"codecs": 'PCMA"/>'}}},
    "a network that is none": {"networkPolicy": {"nodes": ["everywhere"]}},
    "more copies than servers": {"nats": {"streamCopies": 3}},
    "calls without a port": {"services": {"reporting": {"calls": {"drainSeconds": 5}}}},
    "a media volume that nobody may share": {"media": {"accessMode": "ReadOnlyMany"}},
    "no NATS at all": {"nats": {"enabled": False}},
}


@pytest.mark.parametrize("values", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_refused(values):
    with pytest.raises(HelmError):
        render(values)


def test_a_wrong_value_is_named():
    with pytest.raises(HelmError, match="replica"):
        render({"replica": 3})


def test_a_service_more_is_a_line_more():
    grown = render({"services": {"acd": {"port": 8106, "replicas": 2, "database": True, "tokens": True}}})
    names = {(found["kind"], found["metadata"]["name"]) for found in grown.objects}
    kinds = ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
    assert names >= {*((kind, "seda-acd") for kind in kinds), ("Job", "seda-acd-migrate")}


def test_a_server_of_ones_own_replaces_the_charts():
    other = render({"nats": {"enabled": False, "host": "bus.example"}})
    assert "seda-nats" not in {found["metadata"]["name"] for found in other.of("StatefulSet")}
    routing = container(other.get("Deployment", "seda-routing"), "routing")
    assert any(v.get("value", "").endswith("@bus.example:4222") for v in routing["env"])


def test_the_services_of_the_values_have_one_line_each():
    lines = (CHART / "values.yaml").read_text().split("\nservices:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split(":")[0].strip() for line in lines] == list(yaml.safe_load("\n".join(lines)))
