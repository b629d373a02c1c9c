"""``python -m services.switchlink``."""

from __future__ import annotations

from shared.runtime.unused import leave_out_unused


def main() -> None:
    """Read settings, build, run."""
    leave_out_unused()
    from services.switchlink.app import build
    from services.switchlink.settings import SwitchlinkSettings
    from shared.bus.nats import NatsBus
    from shared.runtime.app import run
    from shared.runtime.metrics import Metrics
    from shared.runtime.settings import load

    settings = load(SwitchlinkSettings)
    metrics = Metrics("switchlink")
    bus = NatsBus(settings.nats_url, "switchlink", metrics, replicas=settings.nats_replicas)
    run(build(settings, bus=bus, metrics=metrics), settings)


if __name__ == "__main__":
    main()
