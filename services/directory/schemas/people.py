"""Users, API keys and tokens in REST."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from services.directory.schemas.fields import Email, Flag, Password, Revision, Scope, left_out
from shared.http.auth import Role
from shared.http.schemas import StrictModel, View
from shared.telephony.safe_text import SafeName

Roles = Annotated[list[Role], Field(min_length=1, max_length=6)]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=100)]
Opaque = Annotated[str, StringConstraints(min_length=20, max_length=200, pattern=r"^[\x21-\x7e]+$")]


class SignIn(StrictModel):
    """Sign in with mail address and password."""

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class KeyExchange(StrictModel):
    """Exchange an API key for an access token."""

    api_key: Opaque


class Refresh(StrictModel):
    """A refresh token: good once."""

    refresh_token: Opaque


class TokenView(View):
    """An access token, and for people the refresh token that gets the next one."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds")
    refresh_token: str | None = None


class UserCreate(StrictModel):
    """A new user. Without a password one is made and shown once."""

    email: Email
    display_name: SafeName
    roles: Roles
    password: Password | None = None
    enabled: Flag = True


class UserUpdate(StrictModel):
    """What may change."""

    revision: Revision | None = None
    email: Email = left_out()
    display_name: SafeName = left_out()
    roles: Roles = left_out()
    password: Password = left_out()
    enabled: Flag = left_out()


class PasswordChange(StrictModel):
    """One's own password."""

    current_password: Annotated[str, Field(min_length=1, max_length=1024)]
    new_password: Password


class UserView(View):
    """A user."""

    id: UUID
    tenant_id: UUID | None
    email: str
    display_name: str
    roles: list[str]
    enabled: bool
    created_at: datetime
    updated_at: datetime
    revision: int


class UserIssued(UserView):
    """A user with the password that was made for them, shown this once."""

    password: str | None = None


class ApiKeyCreate(StrictModel):
    """A new API key."""

    display_name: SafeName
    scopes: Scopes
    expires_at: AwareDatetime | None = None


class ApiKeyUpdate(StrictModel):
    """What may change."""

    revision: Revision | None = None
    display_name: SafeName = left_out()
    scopes: Scopes = left_out()
    enabled: Flag = left_out()
    expires_at: AwareDatetime | None = None


class ApiKeyView(View):
    """An API key, without its secret."""

    id: UUID
    tenant_id: UUID | None
    display_name: str
    prefix: str = Field(description="the first part of the key, to recognise it by")
    scopes: list[str]
    enabled: bool
    expires_at: datetime | None
    last_used_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    revision: int


class ApiKeyIssued(ApiKeyView):
    """An API key with its secret, shown this once."""

    api_key: str
