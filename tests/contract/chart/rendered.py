"""The chart as Kubernetes would see it: rendered objects, and what their containers are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from helm_python.chart import Chart

PROJECT = Path(__file__).resolve().parents[3]
CHART = PROJECT / "helm" / "seda"
WORKLOADS = ("Deployment", "StatefulSet", "Job")

Object = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """What one set of values makes."""

    text: str
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        """Objects of these kinds."""
        return [found for found in self.objects if found["kind"] in kinds]

    def get(self, kind: str, name: str) -> Object:
        """The one object of that kind and name."""
        [found] = [found for found in self.of(kind) if found["metadata"]["name"] == name]
        return found


def render(values: Mapping[str, Any] | None = None) -> Rendered:
    """The chart with these values over its own, as release ``seda``."""
    files = Chart.load(str(CHART)).render(dict(values or {}), name="seda", namespace="pbx")
    manifests = {name: text for name, text in files.items() if name.endswith(".yaml")}
    objects = [found for text in manifests.values() for found in yaml.safe_load_all(text) if found]
    return Rendered("\n".join(files.values()), tuple(objects))


def workload_of(chart: Rendered, service: str) -> Object:
    """The Deployment or StatefulSet of a service."""
    [found] = [one for one in chart.of("Deployment", "StatefulSet") if one["metadata"]["name"] == f"seda-{service}"]
    return found


def containers(workload: Object) -> list[Object]:
    """Every container of a workload, sidecars first."""
    pod = workload["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]


def container(workload: Object, name: str) -> Object:
    """The container of that name."""
    [found] = [found for found in containers(workload) if found["name"] == name]
    return found


def told(container: Object, secrets: Mapping[str, Mapping[str, str]], pod: str = "pod-0") -> dict[str, str]:
    """The environment a container gets: Secrets looked up, ``$(NAME)`` put in as Kubernetes does, in order.

    Raises:
        KeyError: a Secret or a key that does not exist, or a variable that is used before it is set.
    """
    environment: dict[str, str] = {}
    for variable in container["env"]:
        assert variable["name"] not in environment, f"{variable['name']} is set twice"
        source = variable.get("valueFrom", {})
        if "secretKeyRef" in source:
            value = secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
        elif "fieldRef" in source:
            value = "10.0.0.7" if source["fieldRef"]["fieldPath"] == "status.podIP" else pod
        else:
            value = re.sub(r"\$\(([A-Za-z0-9_]+)\)", lambda name: environment[name[1]], variable["value"])
        environment[variable["name"]] = value
    return environment


def references(thing: Any) -> Iterator[tuple[str, str]]:
    """(Secret, key) of every reference to a Secret's key."""
    if isinstance(thing, dict):
        if "secretKeyRef" in thing:
            yield thing["secretKeyRef"]["name"], thing["secretKeyRef"]["key"]
        for inner in thing.values():
            yield from references(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from references(inner)
