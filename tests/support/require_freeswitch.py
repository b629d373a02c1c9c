"""`make test-freeswitch` on a machine without FreeSWITCH says so, instead of passing with every test skipped."""

from __future__ import annotations

import sys

from tests.support.freeswitch_node import find_freeswitch


def main() -> int:
    """0 when there is a FreeSWITCH, else 1 and where it was looked for."""
    found = find_freeswitch()
    if found is None:
        print(
            "no FreeSWITCH on this machine: set SEDA_FREESWITCH to its program, or put it in the PATH", file=sys.stderr
        )
        return 1
    print(f"testing with {found}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
