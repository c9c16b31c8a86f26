"""What has been typed of a registration so far."""

from __future__ import annotations

from modules.crm.domain.duplicates import Facts
from modules.crm.forms.people import RegistrationForm
from modules.crm.selectors.facts import read_facts


def facts_typed(form: RegistrationForm) -> Facts:
    """Return what can be read of a form that is not finished yet: half a phone number is nothing."""
    form.is_valid()
    return read_facts(form.cleaned_data)
