"""Bring a service's refusal back to the form it came from."""

from __future__ import annotations

from collections.abc import Callable

from django import forms

from kernel.errors import DomainError


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Show each sentence at its field; what belongs to no field of this form, above it."""
    if not error.fields:
        form.add_error(None, str(error))
    for field, sentences in error.fields.items():
        form.add_error(field if field in form.fields else None, list(sentences))


def tried(form: forms.BaseForm, do: Callable[[], object]) -> int:
    """Do what a form asks for; return 0 if it is done, else the status to show the form again with."""
    if not form.is_bound:
        return 200
    if not form.is_valid():
        return 422
    try:
        do()
    except DomainError as error:
        add_refusal(form, error)
        return error.status
    return 0
