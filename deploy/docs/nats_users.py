"""``helm/seda/files/nats-users.conf``: the users of the bus, as a NATS server reads them."""

from __future__ import annotations

import json

from shared.bus.permissions import all_permissions

HEAD = """\
# made by `make docs` from shared/bus/permissions.py: change the code, not this page
# Passwords come from the environment: letters and digits, a letter first, or the server reads a number.
"""


def password_variable(user: str) -> str:
    """The environment variable that holds a user's password."""
    return f"SEDA_NATS_PASSWORD_{user.upper()}"


def nats_users() -> str:
    """The file."""
    users = [
        {"user": name, "password": f"${password_variable(name)}", "permissions": allowed.as_config()}
        for name, allowed in all_permissions().items()
    ]
    text = json.dumps({"users": users}, indent=2)
    for name in all_permissions():  # in quotes a variable would be its own name
        text = text.replace(f'"${password_variable(name)}"', f"${password_variable(name)}")
    return f"{HEAD}authorization: {text}\n"
