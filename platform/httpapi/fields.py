"""Field types of the API: what is on the wire, checked on the way in."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema


def _email(text: str) -> str:
    try:
        validate_email(text.strip())
    except ValidationError:
        raise ValueError("This is not an e-mail address.") from None
    return text.strip().lower()


Email = Annotated[str, AfterValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]

# RFC 3339 with an offset; a time without one would be a guess.
Moment = Annotated[AwareDatetime, PlainSerializer(lambda moment: moment.isoformat(), return_type=str)]

Amount = Annotated[
    Decimal, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "examples": ["12.50"]})
]
