"""What the directory refuses, each with a stable code and, where one field is to blame, that field."""

from __future__ import annotations

from typing import ClassVar

from shared.http.errors import ApiError, Conflict, Forbidden, Invalid, TooMany, Unauthorized, Unavailable


class _Clash(Conflict):
    """A value that must be unique is taken."""

    clashing: ClassVar[str | None] = None

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail, field=field or self.clashing)


class SlugTaken(_Clash):
    """Another tenant has this slug."""

    code = "slug_taken"
    title = "Another tenant has this slug"
    clashing = "slug"


class DomainTaken(_Clash):
    """Another tenant has this SIP domain."""

    code = "domain_taken"
    title = "Another tenant has this SIP domain"
    clashing = "domain"


class DomainAmbiguous(_Clash):
    """FreeSWITCH could not tell its users from those of another domain."""

    code = "domain_ambiguous"
    title = "The domain ends with another tenant's domain, or that one with it"
    clashing = "domain"


class EmailTaken(_Clash):
    """Somebody signs in with this address."""

    code = "email_taken"
    title = "Somebody has this mail address"
    clashing = "email"


class ExtensionNumberTaken(_Clash):
    """The tenant has an extension with this number."""

    code = "extension_number_taken"
    title = "There is an extension with this number"
    clashing = "number"


class SipUsernameTaken(_Clash):
    """The tenant has a device with this SIP user name."""

    code = "sip_username_taken"
    title = "There is a device with this SIP user name"
    clashing = "sip_username"


class NumberTaken(_Clash):
    """A number has one owner on the whole platform; whose it is, is not told."""

    code = "number_taken"
    title = "This number is not free"
    clashing = "e164"


class NumberInUse(_Clash):
    """An extension shows this number on its outbound calls."""

    code = "number_in_use"
    title = "An extension shows this number as its caller id"
    clashing = "e164"


class TenantNotEmpty(Conflict):
    """A tenant that still has something cannot be removed."""

    code = "tenant_not_empty"
    title = "The tenant still has users, keys, extensions, numbers or trunks"


class LastAdministrator(Conflict):
    """Nobody would be left who can administer the platform."""

    code = "last_administrator"
    title = "The last platform administrator cannot be removed or disabled"


class WeakPassword(Invalid):
    """Too easy to guess."""

    code = "weak_password"
    title = "The password is too easy to guess"


class CallerIdNotOwned(Invalid):
    """Calls go out under numbers of the tenant only."""

    code = "caller_id_not_owned"
    title = "The caller id is not a number of this tenant"


class RoleNotGrantable(Invalid):
    """A role that this user cannot have."""

    code = "role_not_grantable"
    title = "These roles cannot be given"


class TrunkIncomplete(Invalid):
    """A trunk lacks what its kind needs, or has what its kind does not use."""

    code = "trunk_incomplete"
    title = "The trunk does not fit its kind"


class SignInRefused(Unauthorized):
    """Wrong address or password, key or refresh token, or a disabled account: the answer is the same."""

    code = "sign_in_refused"
    title = "These credentials are not valid"


class SignInThrottled(TooMany):
    """Too many wrong passwords."""

    code = "sign_in_throttled"
    title = "Too many failed attempts; wait before the next one"


class SignInBusy(Unavailable):
    """More sign-ins wait than are served in good time."""

    code = "sign_in_busy"
    title = "Too many people sign in just now"


class PlatformOnly(Forbidden):
    """For administrators of the platform."""

    code = "platform_only"
    title = "Only an administrator of the platform may do this"


class ScopeNotGrantable(Invalid):
    """A scope that this key cannot have."""

    code = "scope_not_grantable"
    title = "These scopes cannot be given"


class WrongPassword(Invalid):
    """The password given as one's own is not."""

    code = "wrong_password"
    title = "The current password is not right"


CONFLICTS: dict[str, type[ApiError]] = {
    "uq_tenants_slug": SlugTaken,
    "uq_tenants_domain": DomainTaken,
    "uq_users_email": EmailTaken,
    "uq_extensions_tenant_id_number": ExtensionNumberTaken,
    "uq_devices_tenant_id_sip_username": SipUsernameTaken,
    "uq_numbers_e164": NumberTaken,
    "fk_users_tenant_id": TenantNotEmpty,
    "fk_api_keys_tenant_id": TenantNotEmpty,
    "fk_extensions_tenant_id": TenantNotEmpty,
    "fk_numbers_tenant_id": TenantNotEmpty,
    "fk_trunks_tenant_id": TenantNotEmpty,
}
"""What breaking each constraint means."""
