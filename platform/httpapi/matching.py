"""`If-Match`: a change is made to what the caller saw, or not at all."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from ninja import Header

from kernel.errors import Invalid

IfMatch = Annotated[str, Header(alias="If-Match")]


def tag(response: HttpResponse, state: int | str) -> None:
    """Say which state is answered with (RFC 9110, 8.8.3)."""
    response["ETag"] = f'"{state}"'


def state_in(if_match: str) -> str | None:
    """Return the state that an `If-Match` names; None for none, and for the asterisk, which any state satisfies."""
    text = if_match.strip().removeprefix("W/").strip('"')
    return None if text in {"", "*"} else text


def version_in(if_match: str) -> int | None:
    """Return the version that an `If-Match` names. Raises `Invalid` for one that was never an answer of ours."""
    state = state_in(if_match)
    if state is None:
        return None
    if not (state.isascii() and state.isdecimal()):
        sentence = "If-Match is the ETag as you last saw it."
        raise Invalid(sentence, fields={"If-Match": [sentence]})
    return int(state)
