"""What goes in and out of the API has this as its base."""

from __future__ import annotations

from typing import Any

import ninja
from pydantic import ModelWrapValidatorHandler, ValidationInfo, model_validator


class Schema(ninja.Schema):
    """A schema that is read once: ninja's own looks at each value by Python code, again when an answer goes out.

    It does so for the sake of rows of the database that become schemas by themselves. Ours are made by hand.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo) -> Any:
        return values if isinstance(values, cls) else handler(values)
