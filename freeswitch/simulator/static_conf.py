"""What the switch takes from `freeswitch/conf`: global variables and the fallback dialplan."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

CONF = Path(__file__).resolve().parents[1] / "conf"
_GLOBAL = re.compile(r"\$\$\{([^}]*)\}")


def read_globals(conf: Path, known: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Global variables of `vars.xml` (`set`, then `env-set` when the variable is there), starting from `known`."""
    values = dict(known)
    source = conf / "vars.xml"
    if not source.exists():
        return values
    for line in fromstring(source.read_text()).iter("X-PRE-PROCESS"):  # noqa: S314 - our own file
        name, _, value = line.get("data", "").partition("=")
        if line.get("cmd") == "set":
            values[name] = expand_globals(value, values)
        elif line.get("cmd") == "env-set" and environment.get(value.removeprefix("$")):
            values[name] = environment[value.removeprefix("$")]
    return values


def read_static_dialplan(conf: Path, values: Mapping[str, str]) -> Element:
    """All of `conf/dialplan/*.xml` as one section; empty when there is none."""
    text = "".join(path.read_text() for path in sorted((conf / "dialplan").glob("*.xml")))
    text = re.sub(r"<!--.*?-->|</?include>|<\?xml[^>]*\?>", "", text, flags=re.DOTALL)
    return fromstring(f"<section name='dialplan'>{expand_globals(text, values)}</section>")  # noqa: S314 - our own file


def expand_globals(text: str, values: Mapping[str, str]) -> str:
    """Replace `$${name}`; unknown names by nothing."""
    return _GLOBAL.sub(lambda match: values.get(match[1], ""), text)
