"""What billing keeps of a person, kind by kind, for whoever erases them. Not an amount changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.states import Status
from modules.billing.models import Invoice
from modules.crm.public import Declared, Nothing, Personal, Term


def _drafts(patients: Collection[UUID], clients: Collection[UUID]) -> Iterator[str]:
    drafts = Invoice.objects.filter(status=Status.DRAFT, deposit=None)  # a deposit is issued when it is paid
    if drafts.filter(Q(patient__in=patients) | Q(client__in=clients)).exists():
        yield gettext("There is an invoice that nobody issued. Issue it or throw it away first.")


CHAIN = ("kind", "chain_hash", "chain_previous", "chain_people")  # whose salt is gone: they lead to nobody

PERSONAL: Declared = (
    Personal(
        model="billing.Invoice",
        label=_("Invoices: the name and address on them"),
        patient=("patient_id",),
        client=("client_id",),
        term=Term.MONEY,
        day="issue_date",
        deletes=False,
        blanks=dict.fromkeys(
            ("client_name", "client_address", "client_details", "patient_name", "reason", "chain_salt"), ""
        )
        | {"pdf_id": None},
        stays=("number", "currency", "seller_name", "seller_address", "seller_tax_number", "seller_details", *CHAIN),
        files=("pdf_id",),
        hindrances=_drafts,
    ),
    Personal(
        model="billing.InvoiceLine",
        label=_("Lines of invoices: what was done"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
        deletes=False,
        blanks={"description": "", "detail": ""},
        stays=("currency", "tax_category", "tax_reason", "tax_code"),
    ),
    Personal(
        model="billing.Adjustment",
        label=_("Discounts and surcharges: why they were given"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
        deletes=False,
        blanks={"reason": ""},
        stays=("kind", "currency"),
    ),
    Personal(
        model="billing.Payment",
        label=_("Payments: who paid, and their reference"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
        deletes=False,
        blanks={"reference": ""},
        stays=("currency", "gateway_reference"),
    ),
    *(
        Personal(
            model=f"billing.{model}",
            label=label,
            patient=(f"{whose}__patient_id",),
            client=(f"{whose}__client_id",),
            term=Term.MONEY,
            day=f"{whose}__issue_date",
            deletes=False,
            blanks=blanks,
            stays=stays,
        )
        for model, label, whose, blanks, stays in (
            (
                "Refund",
                _("Money paid back: why"),
                "invoice",
                {"reason": ""},
                ("currency", "idempotency_key", "gateway_reference"),
            ),
            ("WriteOff", _("What was given up: why"), "invoice", {"reason": ""}, ("currency",)),
            ("CreditUse", _("Credit used for another invoice"), "target", {}, ("currency",)),
        )
    ),
    Personal(
        model="billing.EInvoice",
        label=_("Electronic invoices: the files"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
        deletes=False,
        blanks={"reason": "", "file_id": None},
        stays=("format", "state", "carrier", "progressive", "name", "digest", "lacking", "reference"),
        files=("file_id",),
    ),
    Personal(
        model="billing.BankLine",
        label=_("Lines of the bank: who paid, from which account, and what they wrote"),
        client=("client_id",),
        term=Term.MONEY,
        day="booked_on",
        deletes=False,
        blanks=dict.fromkeys(("text", "reference", "party_name", "party_iban"), ""),
        stays=("currency", "bank_reference", "key", "state", "ignored_because"),
    ),
    Personal(
        model="billing.EInvoiceAddress",
        label=_("Where a client gets electronic invoices"),
        client=("client_id",),
    ),
    Personal(
        model="billing.CheckoutSession",
        label=_("Payments begun online"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
    ),
    Personal(
        model="billing.Deposit",
        label=_("Deposits: why one was waived"),
        patient=("invoice__patient_id",),
        client=("invoice__client_id",),
        term=Term.MONEY,
        day="invoice__issue_date",
        deletes=False,
        blanks={"waived_because": ""},
        stays=("currency",),
    ),
    Personal(
        model="billing.UnitEntry",
        label=_("Sessions of packages: why one was given back"),
        patient=("unit__purchase__patient_id",),
        client=("unit__purchase__client_id",),
        deletes=False,
        blanks={"reason": ""},
    ),
    Personal(
        model="billing.PackagePause",
        label=_("Packages: why one was frozen"),
        patient=("purchase__patient_id",),
        client=("purchase__client_id",),
        deletes=False,
        blanks={"reason": ""},
    ),
    Personal(
        model="billing.Treatment",
        label=_("What was done in visits"),
        patient=("appointment__patient_id",),
        term=Term.MONEY,
        day="noted_at",
        deletes=False,
        blanks={"code": "", "name": "", "unit": ""},
        stays=("currency",),
    ),
    Nothing("billing.PackagePurchase", "What was bought, when and for how much; who is an id that leads to nobody."),
    Nothing("billing.BankMatch", "That a line of the bank was a payment; of whom, the line and the payment know."),
    Nothing("billing.Reminder", "That an invoice was reminded of, when, and how much was owed."),
    Nothing("billing.LedgerEntry", "What happened to money and when; of whom, the invoice knows."),
    Nothing("billing.LedgerLine", "An amount on an account."),
    Nothing("billing.CashMove", "What went in and out of a till beside payments: of the practice, and of no client."),
    Nothing("billing.Till", "A cash drawer."),
    Nothing("billing.TillCount", "What was counted in a till."),
    Nothing("billing.TillSession", "Who of the staff opened and closed a till, and what was in it."),
    Nothing("billing.PackageUnit", "A session's number and state."),
)
