"""The first administrator of the platform, without whom nobody could make anything."""

from __future__ import annotations

from pydantic import SecretStr, TypeAdapter, ValidationError

from services.directory.changes import snapshot
from services.directory.domain.audit import difference
from services.directory.domain.people import PLATFORM_ROLE
from services.directory.models import SCHEMA, AuditEntry, User
from services.directory.password_hashing import PasswordHashing
from services.directory.schemas.fields import Email
from services.directory.store import Store
from shared.db.engine import Database
from shared.runtime.clock import SystemClock
from shared.telephony.safe_text import safe_name


class NotAMailAddress(Exception):
    """The administrator's mail address cannot be one."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} is not a mail address")


async def create_first_administrator(database_url: SecretStr, email: str, name: str, password: str) -> bool:
    """Make the administrator, unless the platform has one; whether it was made. Safe to run from several at once.

    Raises:
        NotAMailAddress: as the name says.
        EmailTaken: a tenant's user has this address.
        SQLAlchemyError: the database is away.
    """
    try:
        address: str = TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise NotAMailAddress(email) from error
    database = Database(database_url, schema=SCHEMA, pool_size=1)
    hashing = PasswordHashing(concurrency=1)
    await database.start()
    try:
        async with database.platform() as session:
            store = Store(session, None)
            await store.one_bootstrap_at_a_time()
            if await store.other_platform_admin():
                return False
            user = User(
                email=address,
                display_name=safe_name(name),
                roles=[PLATFORM_ROLE],
                password_hash=await hashing.hash(password),
            )
            await store.add(user)
            await store.add(_entry(user))
        return True
    finally:
        await hashing.stop()
        await database.stop()


def _entry(user: User) -> AuditEntry:
    before, after = difference(None, snapshot(user))
    return AuditEntry(
        occurred_at=SystemClock().now(),
        actor="system:bootstrap",
        action="user.created",
        entity_kind="user",
        entity_id=user.id,
        before=before,
        after=after,
        source_address="",
    )
