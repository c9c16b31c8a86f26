"""The forms of the billing pages."""

from modules.billing.forms.desk import (
    BLANK_LINES,
    DepositRuleForm,
    InvoiceForm,
    LetterheadForm,
    PaymentForm,
    PriceListForm,
    QuantityForm,
    TreatmentCodeForm,
    TreatmentForm,
    WaiverForm,
    line_forms,
)
from modules.billing.forms.documents import CreditForm, PrefixForm
from modules.billing.forms.packages import (
    FreezeForm,
    GiveUpForm,
    PackageForm,
    PackageRulesForm,
    ResumeForm,
    SellForm,
    TransferForm,
    content_forms,
    contents_in,
)

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
