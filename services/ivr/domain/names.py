"""The names that stand in a flow: nodes, exits, variables, prompts, languages."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.telephony.ids import Slug

NodeId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="a node of the flow")]
ExitName = Annotated[str, Field(pattern=r"^(?:[a-z0-9][a-z0-9_-]{0,39}|[*#])$", description="a way out of a node")]
VariableName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?$", description="a variable of the call")
]
PromptSlug = Annotated[Slug, Field(description="a prompt of the tenant")]
Language = Literal["en", "fa", "ar"]
"""Languages that Seda speaks. A caller hears another one only where every prompt of it is there."""

LANGUAGES: Final = ("en", "fa", "ar")
KEYS: Final = "0123456789*#"
