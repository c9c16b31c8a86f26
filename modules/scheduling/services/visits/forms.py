"""Forms that have to be filled in before somebody is checked in, where the tenant wants that."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kernel.errors import Conflict
from modules.scheduling.domain.checklist import Forms
from modules.scheduling.models import Appointment
from modules.scheduling.selectors.checklist import forms_wanted, rules_of_check_in


class FormsMissing(Conflict):
    """They have not filled in what they were asked for, and nobody is checked in without it here."""

    code = "forms-missing"


def check_forms(appointment: Appointment) -> None:
    """Raise `FormsMissing` if a form is missing and nobody is checked in without. One that is taken back is not."""
    if rules_of_check_in().forms != Forms.REFUSE:
        return
    if missing := forms_wanted([appointment]).get(appointment.pk):
        names = ", ".join(f"“{each.name}”" for each in missing)
        raise FormsMissing(
            _("Not checked in: %(forms)s is not filled in yet. Have it filled in here, or take it back.")
            % {"forms": names}
        )
