"""The dashboards. Only metrics that services expose stand here: `tests/architecture/test_observability.py`."""

from __future__ import annotations

from typing import Final

from deploy.docs.grafana import Dashboard, Panel


def p99(metric: str) -> tuple[str, str]:
    """Ninety-nine of a hundred are faster, by process."""
    return f"histogram_quantile(0.99, sum by (le, instance) (rate({metric}_bucket[5m])))", "p99 {{instance}}"


def p50(metric: str) -> tuple[str, str]:
    """Half are faster, over all processes."""
    return f"histogram_quantile(0.5, sum by (le) (rate({metric}_bucket[5m])))", "half"


def every(metric: str) -> str:
    """The metric that every service has under its own name."""
    return f'{{__name__=~"seda_[a-z]+_{metric}"}}'


def rate(metric: str, by: str, legend: str = "") -> tuple[str, str]:
    """How many a second, by one label."""
    return f"sum by ({by}) (rate({metric}[5m]))", legend or f"{{{{{by}}}}}"


CALLS = Dashboard(
    "seda-calls",
    "Seda: calls and switches",
    "What FreeSWITCH carries, what routing tells it, and what becomes of the records.",
    (
        (
            "Now",
            (
                Panel("Legs up", (("sum(seda_switchlink_legs)", "legs"),), kind="stat"),
                Panel("Switches reached", (("sum(seda_switchlink_link_up)", "switches"),), kind="stat"),
                Panel("Records in spools", (("sum(seda_switchlink_records_waiting)", "records"),), kind="stat"),
                Panel(
                    "Calls of the fallback, last hour",
                    (("sum(increase(seda_switchlink_fallback_calls_total[1h]))", "calls"),),
                    kind="stat",
                    text="Above 0: routing did not answer FreeSWITCH.",
                ),
            ),
        ),
        (
            "Calls",
            (
                Panel("Legs by node", (("seda_switchlink_legs", "{{instance}}"),)),
                Panel("Told to do", (rate("seda_routing_routes_total", "step"),), "ops"),
                Panel("Refused, by reason", (rate("seda_routing_refusals_total", "reason"),), "ops"),
            ),
        ),
        (
            "FreeSWITCH's questions",
            (
                Panel(
                    "Where does a call go: time to answer",
                    (p99("seda_routing_switch_answer_seconds"), p50("seda_routing_switch_answer_seconds")),
                    "s",
                    text="FreeSWITCH waits two seconds.",
                ),
                Panel(
                    "Who may register: time to answer",
                    (p99("seda_directory_switch_answer_seconds"), p50("seda_directory_switch_answer_seconds")),
                    "s",
                ),
                Panel(
                    "Answers by status",
                    (
                        rate("seda_routing_switch_answers_total", "status", "routing {{status}}"),
                        rate("seda_directory_switch_answers_total", "status", "directory {{status}}"),
                    ),
                    "reqps",
                ),
            ),
        ),
        (
            "Phones",
            (
                Panel(
                    "Registrations refused",
                    (rate("seda_switchlink_registrations_refused_total", "instance"),),
                    "ops",
                    text="A jump: somebody guesses passwords.",
                ),
                Panel(
                    "Look-ups by outcome",
                    (rate("seda_directory_lookups_total", "asked, outcome", "{{asked}} {{outcome}}"),),
                    "ops",
                ),
            ),
        ),
        (
            "Records",
            (
                Panel("Waiting in the spool", (("seda_switchlink_records_waiting", "{{instance}}"),)),
                Panel(
                    "Stored and put aside",
                    (
                        ("sum(rate(seda_reporting_legs_stored_total[5m]))", "stored"),
                        ("sum(rate(seda_switchlink_records_bad_total[5m]))", "put aside"),
                        rate("seda_reporting_legs_closed_total", "cause", "closed without: {{cause}}"),
                    ),
                    "ops",
                ),
                Panel("From the end of a leg to its record", (p99("seda_reporting_record_delay_seconds"),), "s"),
                Panel("Room for the spool", (("seda_switchlink_spool_free_bytes", "{{instance}}"),), "bytes"),
            ),
        ),
        (
            "Event socket",
            (
                Panel("Events", (rate("seda_switchlink_events_total", "event"),), "ops"),
                Panel(
                    "Commands",
                    (rate("seda_switchlink_commands_total", "command, code", "{{command}} {{code}}"),),
                    "ops",
                ),
                Panel(
                    "Connections lost",
                    (rate("seda_switchlink_link_losses_total", "instance, reason", "{{instance}} {{reason}}"),),
                    "ops",
                ),
            ),
        ),
    ),
)

SERVICES = Dashboard(
    "seda-services",
    "Seda: services, bus and database",
    "Every process: REST, NATS, PostgreSQL, the outbox between them.",
    (
        (
            "Processes",
            (
                Panel("Answers /metrics", (('up{job="seda"}', "{{instance}}"),), "bool_yes_no"),
                Panel("Connected to NATS", ((every("bus_connected"), "{{__name__}} {{instance}}"),), "bool_yes_no"),
                Panel(
                    "Connected to PostgreSQL",
                    ((every("database_connected"), "{{__name__}} {{instance}}"),),
                    "bool_yes_no",
                ),
            ),
        ),
        (
            "REST",
            (
                Panel("Requests", (rate(every("http_requests_total"), "instance"),), "reqps"),
                Panel(
                    "Failures (5xx)",
                    (
                        (
                            'sum by (instance, route) (rate({__name__=~"seda_[a-z]+_http_requests_total",'
                            'status=~"5.."}[5m]))',
                            "{{instance}} {{route}}",
                        ),
                    ),
                    "reqps",
                ),
                Panel(
                    "Time to answer",
                    (
                        (
                            "histogram_quantile(0.99, sum by (le, instance) "
                            f"(rate({every('http_request_seconds_bucket')}[5m])))",
                            "p99 {{instance}}",
                        ),
                    ),
                    "s",
                ),
            ),
        ),
        (
            "Outbox",
            (
                Panel("Waiting", ((every("outbox_waiting"), "{{__name__}} {{instance}}"),)),
                Panel("Oldest", ((every("outbox_oldest_seconds"), "{{__name__}} {{instance}}"),), "s"),
                Panel("Refused for good", ((every("outbox_refused"), "{{__name__}} {{instance}}"),)),
                Panel("Sent", (rate(every("outbox_sent_total"), "instance"),), "ops"),
            ),
        ),
        (
            "Bus",
            (
                Panel(
                    "Published",
                    (rate(every("bus_published_total"), "instance, result", "{{instance}} {{result}}"),),
                    "ops",
                ),
                Panel(
                    "Consumed",
                    (rate(every("bus_consumed_total"), "consumer, result", "{{consumer}} {{result}}"),),
                    "ops",
                ),
                Panel(
                    "Commands",
                    (rate(every("bus_commands_total"), "side, command, result", "{{side}} {{command}} {{result}}"),),
                    "ops",
                ),
                Panel(
                    "Trouble",
                    (
                        rate(every("bus_disconnects_total"), "instance", "lost: {{instance}}"),
                        rate(every("bus_errors_total"), "instance, kind", "{{kind}}: {{instance}}"),
                    ),
                    "ops",
                ),
            ),
        ),
        (
            "Live messages of switches",
            (
                Panel("Published", (rate("seda_switchlink_messages_total", "message"),), "ops"),
                Panel("Waiting for NATS", (("seda_switchlink_messages_waiting", "{{instance}}"),)),
                Panel("Dropped", (rate("seda_switchlink_messages_dropped_total", "instance"),), "ops"),
            ),
        ),
        (
            "directory and routing",
            (
                Panel(
                    "Sign-ins", (rate("seda_directory_sign_ins_total", "kind, outcome", "{{kind}} {{outcome}}"),), "ops"
                ),
                Panel(
                    "Changes over REST",
                    (rate("seda_directory_changes_total", "entity, action", "{{entity}} {{action}}"),),
                    "ops",
                ),
                Panel("Held in memory", (("max by (kind) (seda_directory_replica_entities)", "{{kind}}"),)),
                Panel("Tenants with old routes", (("seda_routing_stale_tenants", "{{instance}}"),)),
            ),
        ),
    ),
)

IVR = Dashboard(
    "seda-ivr",
    "Seda: call flows and voicemail",
    "Callers in menus, what they answer, what tenants' programs do, and messages.",
    (
        (
            "Now",
            (
                Panel("Callers in flows", (("sum(seda_ivr_calls)", "calls"),), kind="stat"),
                Panel(
                    "Of what ivr can take",
                    (("sum(seda_ivr_calls) / sum(seda_ivr_calls_cap)", "share"),),
                    "percentunit",
                    kind="stat",
                ),
                Panel(
                    "Mails about voicemail waiting", (("max(seda_ivr_voicemail_mails_waiting)", "mails"),), kind="stat"
                ),
                Panel("Room for messages", (("min(seda_ivr_media_free_bytes)", "bytes"),), "bytes", kind="stat"),
            ),
        ),
        (
            "Calls",
            (
                Panel("In flows, by process", (("seda_ivr_calls", "{{instance}}"), ("seda_ivr_calls_cap", "cap"))),
                Panel(
                    "Taken",
                    (rate("seda_ivr_calls_taken_total", "how"),),
                    "ops",
                    text="again: another process died or was stopped with callers in it.",
                ),
                Panel("Left, by reason", (rate("seda_ivr_calls_left_total", "reason"),), "ops"),
                Panel("Let go of at the cap", (rate("seda_ivr_calls_refused_total", "instance"),), "ops"),
            ),
        ),
        (
            "Conversations",
            (
                Panel(
                    "ivr's own share of a step",
                    (p99("seda_ivr_step_seconds"), p50("seda_ivr_step_seconds")),
                    "s",
                    text="Over 0.03 s its core is full.",
                ),
                Panel("What callers answer", (rate("seda_ivr_inputs_total", "outcome"),), "ops"),
                Panel("Requests to tenants' programs", (rate("seda_ivr_flow_requests_total", "outcome"),), "ops"),
                Panel("Events dropped", (rate("seda_ivr_events_dropped_total", "instance"),), "ops"),
            ),
        ),
        (
            "Voicemail",
            (
                Panel("Mails", (rate("seda_ivr_voicemail_mails_total", "outcome"),), "ops"),
                Panel(
                    "Mails that wait",
                    (
                        ("max(seda_ivr_voicemail_mails_waiting)", "waiting"),
                        ("max(seda_ivr_voicemail_mails_given_up)", "given up"),
                    ),
                ),
                Panel("Room for messages", (("seda_ivr_media_free_bytes", "{{instance}}"),), "bytes"),
            ),
        ),
    ),
)

DASHBOARDS: Final = {"calls": CALLS, "services": SERVICES, "ivr": IVR}
"""File name without its ending -> page."""
