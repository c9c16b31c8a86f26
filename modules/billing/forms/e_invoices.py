"""The forms about electronic invoices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.e_invoices import Format
from modules.billing.models import FORMAT_LABELS, LONGEST_REJECTION, Carrier, EInvoiceAddress, EInvoiceRules
from modules.billing.services import AddressDetails, WishedEInvoices, carriers_here
from webui.fields import say_nothing_of_optional, set_choices


class EInvoiceRulesForm(forms.ModelForm):
    """Which are made, for whom, and what they say of the practice."""

    class Meta:
        model = EInvoiceRules
        fields = [
            "fatturapa",
            "factur_x",
            "only_businesses",
            "carrier",
            "street",
            "postal_code",
            "city",
            "province",
            "country",
            "vat_id",
            "fiscal_code",
            "regime",
            "iban",
            "bic",
        ]
        labels = {
            "fatturapa": _("FatturaPA: XML for the Sistema di Interscambio (Italy)"),
            "factur_x": _("Factur-X: the PDF with EN 16931 in it (ZUGFeRD; EU)"),
            "only_businesses": _("Only for clients with a VAT number, and for organisations"),
            "carrier": _("Who sends them"),
            "street": _("Street and number"),
            "postal_code": _("Postal code"),
            "city": _("Town"),
            "province": _("Province"),
            "country": _("Country"),
            "vat_id": _("VAT number"),
            "fiscal_code": _("Tax code"),
            "regime": _("Tax regime (Italy)"),
            "iban": _("IBAN"),
            "bic": _("BIC"),
        }
        help_texts = {
            "only_businesses": _(
                "In Italy bills for the treatment of people must not go to the Sistema di Interscambio."
            ),
            "country": _("Two letters, such as IT or DE."),
            "fiscal_code": _("In Italy the codice fiscale of whoever sends."),
        }
        widgets = {"carrier": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self)
        set_choices(self, "carrier", [(each.value, Carrier(each).label) for each in carriers_here()])

    def wish(self) -> WishedEInvoices:
        return WishedEInvoices(**self.cleaned_data)


class EInvoiceAddressForm(forms.ModelForm):
    class Meta:
        model = EInvoiceAddress
        fields = ["vat_id", "recipient_code", "certified_email"]
        labels = {
            "vat_id": _("VAT number"),
            "recipient_code": _("Recipient code"),
            "certified_email": _("Certified e-mail"),
        }
        help_texts = {
            "vat_id": _("With the country in front, such as DE123456789."),
            "recipient_code": _("In Italy the codice destinatario, seven letters or digits."),
            "certified_email": _("In Italy the PEC, where there is no recipient code."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self)

    def details(self) -> AddressDetails:
        return AddressDetails(**self.cleaned_data)


class MakeForm(forms.Form):
    format = forms.ChoiceField(choices=[(each.value, label) for each, label in FORMAT_LABELS.items()])

    def chosen(self) -> Format:
        return Format(self.cleaned_data["format"])


class AnswerForm(forms.Form):
    """What became of a file that somebody sent."""

    ACCEPTED, REJECTED = "ACCEPTED", "REJECTED"

    outcome = forms.ChoiceField(
        label=_("What became of it"),
        choices=[(ACCEPTED, _("Accepted")), (REJECTED, _("Refused"))],
        initial=ACCEPTED,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why it was refused"),
        required=False,
        max_length=LONGEST_REJECTION,
        help_text=_("With its code, as the authority wrote it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "reason")

    @property
    def is_accepted(self) -> bool:
        return bool(self.cleaned_data["outcome"] == self.ACCEPTED)
