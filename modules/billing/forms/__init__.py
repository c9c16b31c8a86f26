"""The forms of the billing pages."""

from modules.billing.forms.desk import (
    BLANK_LINES,
    DepositRuleForm,
    InvoiceForm,
    LetterheadForm,
    PackageForm,
    PackageRulesForm,
    PaymentForm,
    PriceListForm,
    QuantityForm,
    SellForm,
    TreatmentCodeForm,
    TreatmentForm,
    WaiverForm,
    content_forms,
    contents_in,
    line_forms,
)
from modules.billing.forms.documents import CreditForm, PrefixForm
from modules.billing.forms.packages import FreezeForm, GiveUpForm, ResumeForm, TransferForm

__all__ = [
    "BLANK_LINES",
    "CreditForm",
    "DepositRuleForm",
    "FreezeForm",
    "GiveUpForm",
    "InvoiceForm",
    "LetterheadForm",
    "PackageForm",
    "PackageRulesForm",
    "PaymentForm",
    "PrefixForm",
    "PriceListForm",
    "QuantityForm",
    "ResumeForm",
    "SellForm",
    "TransferForm",
    "TreatmentCodeForm",
    "TreatmentForm",
    "WaiverForm",
    "content_forms",
    "contents_in",
    "line_forms",
]
