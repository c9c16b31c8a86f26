"""Tax codes: read, and held against whose they are said to be."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.domain.tax_codes import ITALY, Bearer, Fault, as_written, derive, faults_of

SENTENCES = {
    Fault.FORM: gettext_lazy("Tax codes of this country do not look like this."),
    Fault.CHECK: gettext_lazy("This tax code is mistyped: its check digit does not fit the others."),
    Fault.NAME: gettext_lazy("This tax code belongs to another name."),
    Fault.BORN: gettext_lazy("This tax code says another date of birth."),
    Fault.SEX: gettext_lazy("This tax code says the other sex."),
}


def read_tax_code(text: str, *, country: str, bearer: Bearer) -> tuple[str, list[str]]:
    """Return a tax code as it is kept, and what is wrong with it, in sentences."""
    code = as_written(text)
    faults = faults_of(code, country=country, bearer=bearer)
    sentences = [str(SENTENCES[fault]) for fault in faults]
    if country == ITALY and Fault.FORM in faults:
        sentences = [_("A tax code has sixteen letters and digits here; a firm's has eleven digits.")]
    if {Fault.NAME, Fault.BORN, Fault.SEX} & set(faults):
        sentences.append(_("From what is written here it begins with %(start)s.") % {"start": derive(bearer)})
    return code, sentences
