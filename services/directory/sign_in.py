"""Signing in, staying signed in, and exchanging API keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.directory.changes import Actor, Changes
from services.directory.domain.throttle import AddressThrottle, Failures, after_failure, locked_seconds
from services.directory.errors import SignInRefused, SignInThrottled, WrongPassword
from services.directory.metrics import DirectoryMetrics
from services.directory.models import ApiKey, RefreshToken, Tenant, User
from services.directory.password_hashing import PasswordHashing
from services.directory.signing_keys import SigningKeys
from services.directory.store import Store
from shared.http.tokens import Principal
from shared.runtime.clock import Clock
from shared.telephony.ids import new_id

ADDRESS_WINDOW_SECONDS = 300
KEY_PREFIX = "seda"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gives."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None


class SignIn:
    """Issues tokens. Every refusal looks the same from outside; the metrics know the reason.

    Args:
        changes: opens transactions.
        passwords: checks them.
        signing: signs.
        refresh_lifetime: of a refresh token that is not used.
        address_failure_limit: failures of one source address in five minutes before it must wait.
    """

    def __init__(
        self,
        changes: Changes,
        passwords: PasswordHashing,
        signing: SigningKeys,
        *,
        clock: Clock,
        metrics: DirectoryMetrics,
        refresh_lifetime: timedelta,
        address_failure_limit: int,
    ) -> None:
        self._changes = changes
        self._passwords = passwords
        self._signing = signing
        self._clock = clock
        self._metrics = metrics
        self._refresh_lifetime = refresh_lifetime
        self._addresses = AddressThrottle(limit=address_failure_limit, window_seconds=ADDRESS_WINDOW_SECONDS)

    async def with_password(self, email: str, password: str, address: str) -> Tokens:
        """Sign a person in.

        Raises:
            SignInRefused: unknown, wrong or disabled.
            SignInThrottled: this account or address failed too often.
            SignInBusy: too many sign in just now.
        """
        self._check_address(address)
        user = await self._count_attempt(email)
        if not await self._passwords.verify(user.password_hash if user else None, password) or user is None:
            raise self._refused("password", "wrong", address)
        async with self._changes.open(None, Actor(f"user:{user.id}", address)) as change:
            fresh = await self._usable_user(change.store, user.id)
            if fresh is None:
                raise self._refused("password", "disabled", address)
            await change.store.forget_sign_in_failures(email)
            change.note("user.signed_in", fresh, {}, {})
            tokens = await self._issue(change.store, fresh, family_id=new_id())
        self._metrics.sign_ins.labels("password", "accepted").inc()
        return tokens

    async def check_own_password(self, user: User, password: str, address: str) -> None:
        """Before somebody changes their password: the old one, under the same throttle as a sign-in.

        Raises:
            WrongPassword, SignInThrottled, SignInBusy.
        """
        self._check_address(address)
        await self._count_attempt(user.email)
        if not await self._passwords.verify(user.password_hash, password):
            self._addresses.failed(address, self._clock.monotonic())
            raise WrongPassword(field="current_password")
        async with self._changes.reading(None) as store:
            await store.forget_sign_in_failures(user.email)

    async def _count_attempt(self, email: str) -> User | None:
        """Count the attempt as a failure before it is checked, so that many at once are no way around the lock."""
        now = self._clock.now()
        async with self._changes.reading(None) as store:
            held = await store.sign_in_failures(email)
            failures = Failures(held.count, held.last_at, held.locked_until) if held else Failures()
            wait = locked_seconds(failures, now)
            if wait:
                self._metrics.sign_ins.labels("password", "locked").inc()
                raise SignInThrottled(headers={"Retry-After": str(wait)})
            after = after_failure(failures, now)
            await store.save_sign_in_failures(email, after.count, now, after.locked_until)
            return await store.user_by_email(email)

    async def with_api_key(self, api_key: str, address: str) -> Tokens:
        """Exchange an API key. Raises SignInRefused, SignInThrottled."""
        self._check_address(address)
        now = self._clock.now()
        prefix, _, secret = api_key.rpartition("_")
        async with self._changes.reading(None) as store:
            key = await store.api_key_by_prefix(prefix)
            right = hmac.compare_digest(key.secret_hash if key else "", secret_hash(secret))
            if key is None or not right or not await self._usable_key(store, key):
                raise self._refused("api_key", "wrong", address)
            await store.touch_api_key(key.id, now)
        principal = Principal(f"api-key:{key.id}", key.tenant_id, frozenset(), frozenset(key.scopes))
        self._metrics.sign_ins.labels("api_key", "accepted").inc()
        return self._tokens(principal)

    async def refreshed(self, refresh_token: str, address: str) -> Tokens:
        """The next tokens for a refresh token. One used before ends the whole sign-in: somebody copied it.

        Raises:
            SignInRefused: unknown, used, revoked, expired, or of a disabled user.
            SignInThrottled: this address failed too often.
        """
        self._check_address(address)
        now = self._clock.now()
        tokens: Tokens | None = None
        async with self._changes.reading(None) as store:
            held = await store.refresh_token(secret_hash(refresh_token))
            if held is not None and held.used_at is not None and held.revoked_at is None:
                await store.revoke_refresh_tokens(now, family_id=held.family_id)
            elif held is not None and held.revoked_at is None and held.expires_at > now:
                held.used_at = now
                user = await self._usable_user(store, held.user_id)
                tokens = await self._issue(store, user, family_id=held.family_id) if user else None
        if tokens is None:
            raise self._refused("refresh", "wrong", address)
        self._metrics.sign_ins.labels("refresh", "accepted").inc()
        return tokens

    async def sign_out(self, refresh_token: str) -> None:
        """End a sign-in; unknown tokens are passed over in silence."""
        async with self._changes.reading(None) as store:
            held = await store.refresh_token(secret_hash(refresh_token))
            if held is not None:
                await store.revoke_refresh_tokens(self._clock.now(), family_id=held.family_id)

    def _check_address(self, address: str) -> None:
        wait = self._addresses.wait_seconds(address, self._clock.monotonic())
        if wait:
            raise SignInThrottled(headers={"Retry-After": str(wait)})

    def _refused(self, kind: str, outcome: str, address: str) -> SignInRefused:
        self._addresses.failed(address, self._clock.monotonic())
        self._metrics.sign_ins.labels(kind, outcome).inc()
        return SignInRefused()

    async def _usable_user(self, store: Store, user_id: UUID) -> User | None:
        user = await store.get(User, user_id)
        usable = user is not None and user.enabled and await self._tenant_is_enabled(store, user.tenant_id)
        return user if usable else None

    async def _usable_key(self, store: Store, key: ApiKey) -> bool:
        in_time = key.expires_at is None or key.expires_at > self._clock.now()
        return key.enabled and in_time and await self._tenant_is_enabled(store, key.tenant_id)

    @staticmethod
    async def _tenant_is_enabled(store: Store, tenant_id: UUID | None) -> bool:
        if tenant_id is None:
            return True
        tenant = await store.get(Tenant, tenant_id)
        return tenant is not None and tenant.enabled

    async def _issue(self, store: Store, user: User, *, family_id: UUID) -> Tokens:
        now = self._clock.now()
        refresh_token = secrets.token_urlsafe(32)
        await store.add(
            RefreshToken(
                family_id=family_id,
                user_id=user.id,
                token_hash=secret_hash(refresh_token),
                created_at=now,
                expires_at=now + self._refresh_lifetime,
            )
        )
        principal = Principal(f"user:{user.id}", user.tenant_id, frozenset(user.roles))
        return self._tokens(principal, refresh_token)

    def _tokens(self, principal: Principal, refresh_token: str | None = None) -> Tokens:
        signer = self._signing.signer()
        access_token = signer.sign(principal, now=self._clock.now())
        return Tokens(access_token, int(signer.lifetime.total_seconds()), refresh_token)


def new_api_key(random_text: Callable[[int], str] = secrets.token_hex) -> tuple[str, str, str]:
    """A new API key: its public prefix, the hash of its secret, and the whole key as it is shown once."""
    prefix, secret = f"{KEY_PREFIX}_{random_text(6)}", random_text(24)
    return prefix, secret_hash(secret), f"{prefix}_{secret}"


def secret_hash(secret: str) -> str:
    """How a secret of 160 random bits or more is kept. (Passwords, which people choose, are kept as argon2id.)"""
    return hashlib.sha256(secret.encode()).hexdigest()
