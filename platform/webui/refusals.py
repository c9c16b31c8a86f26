"""Bring a service's refusal back to the form it came from."""

from __future__ import annotations

from django import forms

from kernel.errors import DomainError


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Show each sentence at its field; what belongs to no field of this form, above it."""
    if not error.fields:
        form.add_error(None, str(error))
    for field, sentences in error.fields.items():
        form.add_error(field if field in form.fields else None, list(sentences))
