"""What the audit log says of invoices and payments."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Role
from audit.words import Named, Trail
from modules.billing.models import (
    BankLine,
    BankStatement,
    BankTable,
    CheckoutSession,
    Deposit,
    DiscountReason,
    EInvoice,
    Invoice,
    Package,
    PackagePurchase,
    TaxRate,
    Till,
    TillSession,
    Treatment,
    TreatmentCode,
)
from modules.crm import public as crm

DEEDS = {
    "billing.ledger.caught_up": _("Entered in the books afterwards: %(what)s"),
    "billing.ledgerentry.exported": _("%(who)s took the books along as a file, with bills of %(what)s"),
    "billing.invoice.drafted": _("%(who)s drew up an invoice: %(what)s"),
    "billing.invoice.changed": _("%(who)s changed an invoice: %(what)s"),
    "billing.invoice.discounted": _("%(who)s gave a discount on an invoice: %(what)s"),
    "billing.invoice.surcharged": _("%(who)s put a surcharge on an invoice: %(what)s"),
    "billing.invoice.adjustment_changed": _("%(who)s changed a discount or a surcharge on an invoice: %(what)s"),
    "billing.invoice.adjustment_removed": _("%(who)s took a discount or a surcharge off an invoice: %(what)s"),
    "billing.taxrate.begun": _("%(who)s set a rate of tax: %(what)s"),
    "billing.taxrate.ended": _("%(who)s changed until when a rate of tax holds: %(what)s"),
    "billing.taxrate.changed": _("%(who)s changed what a percentage means: %(what)s"),
    "billing.taxrules.set": _("%(who)s changed what is done about the stamp duty"),
    "billing.taxrate.taken_back": _("%(who)s took back a rate of tax to come: %(what)s"),
    "billing.discountreason.added": _("%(who)s added a reason for discounts: %(what)s"),
    "billing.discountreason.ended": _("%(who)s removed a reason for discounts: %(what)s"),
    "billing.discountlimit.set": _("%(who)s changed how much discount a role may give: %(what)s"),
    "billing.einvoice.made": _("An electronic invoice was made: %(what)s"),
    "billing.einvoice.lacking": _("An electronic invoice could not be made: %(what)s"),
    "billing.einvoice.sent": _("An electronic invoice was sent: %(what)s"),
    "billing.einvoice.accepted": _("An electronic invoice was accepted: %(what)s"),
    "billing.einvoice.rejected": _("An electronic invoice was refused: %(what)s"),
    "billing.einvoice.archived": _("An electronic invoice was archived: %(what)s"),
    "billing.einvoice.differs": _("The file of an electronic invoice is not the one that was made: %(what)s"),
    "billing.einvoice.viewed": _("%(who)s looked at an electronic invoice: %(what)s"),
    "billing.einvoiceaddress.viewed": _("%(who)s looked at where a client gets electronic invoices: %(what)s"),
    "billing.einvoice.viewed_file": _("%(who)s opened the file of an electronic invoice: %(what)s"),
    "billing.einvoice.listed": _("%(who)s saw a list of electronic invoices of %(what)s"),
    "billing.einvoiceaddress.set": _("%(who)s changed where a client gets electronic invoices: %(what)s"),
    "billing.einvoicerules.set": _("%(who)s changed which electronic invoices are made"),
    "billing.invoice.issued": _("%(who)s issued an invoice: %(what)s"),
    "billing.invoice.credited": _("%(who)s credited an invoice: %(what)s"),
    "billing.invoice.document_made": _("The PDF of an invoice was made: %(what)s"),
    "billing.invoice.placed": _("An invoice of before was put into its series: %(what)s"),
    "billing.invoice.chained": _("An invoice of before was put into the chain: %(what)s"),
    "billing.invoice.overdue": _("An invoice became overdue: %(what)s"),
    "billing.invoice.reminded": _("Somebody was reminded of an invoice: %(what)s"),
    "billing.accountantrules.set": _("%(who)s changed the numbers of the accountant"),
    "billing.reminderrules.set": _("%(who)s changed when people are reminded of invoices"),
    "billing.invoice.sent_again": _("%(who)s sent an invoice again: %(what)s"),
    "billing.invoice.voided": _("%(who)s discarded a draft: %(what)s"),
    "billing.invoice.viewed": _("%(who)s looked at an invoice: %(what)s"),
    "billing.invoice.viewed_document": _("%(who)s opened the PDF of an invoice: %(what)s"),
    "billing.invoice.viewed_proforma": _("%(who)s opened the pro forma of a draft: %(what)s"),
    "billing.invoice.viewed_by_link": _("Somebody with the payment link looked at an invoice: %(what)s"),
    "billing.invoice.viewed_document_by_link": _("Somebody with the payment link opened a PDF: %(what)s"),
    "billing.invoice.viewed_receipt": _("%(who)s looked at a receipt of an invoice: %(what)s"),
    "billing.invoice.receipt_sent": _("%(who)s sent the receipt of a payment: %(what)s"),
    "billing.invoice.stated": _("%(who)s saw an account statement with bills of %(what)s"),
    "billing.statement.sent": _("%(who)s sent an account statement: %(what)s"),
    "billing.invoice.listed": _("%(who)s saw a list of invoices of %(what)s"),
    "billing.payment.received": _("%(who)s wrote down a payment: %(what)s"),
    "billing.payment.paid_back": _("%(who)s paid money back: %(what)s"),
    "billing.payment.taken_back": _("%(who)s took a payment back: %(what)s"),
    "billing.bankstatement.taken_in": _("%(who)s read a statement of the bank: %(what)s"),
    "billing.banktable.sent": _("%(who)s sent a table of the bank: %(what)s"),
    "billing.banktable.kept": _("%(who)s kept the lines of a table of the bank: %(what)s"),
    "billing.banktable.discarded": _("%(who)s threw a table of the bank away: %(what)s"),
    "billing.bankcolumns.set": _("%(who)s said what the columns of a table of the bank are"),
    "billing.bankline.matched": _("%(who)s said which payment a line of the bank is: %(what)s"),
    "billing.bankline.ignored": _("%(who)s left a line of the bank out: %(what)s"),
    "billing.bankline.opened": _("%(who)s took back what a line of the bank is: %(what)s"),
    "billing.refund.asked": _("Money is on its way back: %(what)s"),
    "billing.refund.done": _("Money was paid back online: %(what)s"),
    "billing.refund.failed": _("Money that was paid back did not arrive: %(what)s"),
    "billing.refund.listed": _("%(who)s saw a list of refunds of %(what)s"),
    "billing.credit.given": _("%(who)s used credit of an invoice for another: %(what)s"),
    "billing.credit.used": _("%(who)s paid an invoice with credit: %(what)s"),
    "billing.invoice.written_off": _("%(who)s gave up what is owed on an invoice: %(what)s"),
    "billing.invoice.owed_again": _("%(who)s asks for what was written off: %(what)s"),
    "billing.checkout.begun": _("Somebody began to pay online: %(what)s"),
    "billing.checkout.open": _("A page to pay on was opened: %(what)s"),
    "billing.checkout.paid": _("An invoice was paid online: %(what)s"),
    "billing.checkout.expired": _("A page to pay on was closed: %(what)s"),
    "billing.checkout.refused": _("A payment online was refused: %(what)s"),
    "billing.invoice.revived": _("A deposit was paid after it had been given up: %(what)s"),
    "billing.till.added": _("%(who)s added a till: %(what)s"),
    "billing.till.changed": _("%(who)s renamed a till, or switched it on or off: %(what)s"),
    "billing.tillrules.set": _("%(who)s changed the rules about cash"),
    "billing.tillsession.opened": _("%(who)s opened a till: %(what)s"),
    "billing.tillsession.paid_in": _("%(who)s put cash into a till: %(what)s"),
    "billing.tillsession.paid_out": _("%(who)s took cash out of a till: %(what)s"),
    "billing.tillsession.counted": _("%(who)s counted a till: %(what)s"),
    "billing.tillsession.closed": _("%(who)s closed a till: %(what)s"),
    "billing.tillsession.viewed": _("%(who)s looked at what went through a till: %(what)s"),
    "billing.deposit.asked": _("%(who)s asked for a deposit: %(what)s"),
    "billing.deposit.used": _("What a bill takes off of a deposit changed: %(what)s"),
    "billing.deposit.unplaced": _("A deposit was paid when its time was gone: %(what)s"),
    "billing.deposit.shared_out": _("Of a deposit was kept and paid back what was agreed: %(what)s"),
    "billing.deposit.waived": _("%(who)s waived a deposit: %(what)s"),
    "billing.deposit.kept": _("%(who)s kept a deposit: %(what)s"),
    "billing.deposit.returned": _("%(who)s paid a deposit back: %(what)s"),
    "billing.deposit.credited": _("%(who)s left a deposit for the next bill: %(what)s"),
    "billing.deposit.listed": _("%(who)s saw a list of deposits of %(what)s"),
    "billing.depositrule.set": _("%(who)s changed when a deposit is asked for"),
    "billing.depositrule.removed": _("%(who)s removed a rule by which a deposit is asked for"),
    "billing.package.added": _("%(who)s put a package on offer: %(what)s"),
    "billing.package.changed": _("%(who)s changed a package on offer: %(what)s"),
    "billing.package.ended": _("%(who)s took a package off offer: %(what)s"),
    "billing.package.sold": _("%(who)s sold a package: %(what)s"),
    "billing.package.called_off": _("%(who)s took the sale of a package back: %(what)s"),
    "billing.package.frozen": _("%(who)s froze a package: %(what)s"),
    "billing.package.resumed": _("%(who)s let a frozen package go on: %(what)s"),
    "billing.package.passed_on": _("%(who)s passed a package on: %(what)s"),
    "billing.package.received": _("%(who)s gave somebody a package that was passed on: %(what)s"),
    "billing.package_rules.set": _("%(who)s set what becomes of sessions that nobody came to"),
    "billing.packagepurchase.viewed": _("%(who)s looked at a package: %(what)s"),
    "billing.packagepurchase.listed": _("%(who)s saw a list of packages of %(what)s"),
    "billing.session.reserved": _("A session was booked from a package: %(what)s"),
    "billing.session.used": _("A session of a package was used: %(what)s"),
    "billing.session.given_back": _("A session was given back to a package: %(what)s"),
    "billing.treatment.noted": _("%(who)s noted a treatment: %(what)s"),
    "billing.treatment.changed": _("%(who)s changed how much of a treatment was done: %(what)s"),
    "billing.treatment.removed": _("%(who)s took a treatment back: %(what)s"),
    "billing.treatment.listed": _("%(who)s saw what was done in a visit of %(what)s"),
    "billing.treatmentcode.added": _("%(who)s put a treatment on the price list: %(what)s"),
    "billing.treatmentcode.changed": _("%(who)s changed a treatment on the price list: %(what)s"),
    "billing.treatmentcode.ended": _("%(who)s took a treatment off the price list: %(what)s"),
    "billing.numberseries.set": _("%(who)s changed what the numbers of documents begin with"),
    "billing.letterhead.set": _("%(who)s changed the letterhead"),
    "billing.gateway_account.begun": _("The set-up of card payments began"),
    "billing.gateway_account.opened": _("The account for card payments was opened"),
    "billing.gateway_account.connected": _("The account for card payments was connected"),
    "billing.gateway_account.changed": _("The account for card payments changed"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    invoices = Invoice.objects.visible_to(seen_by).select_related("patient")
    if kind == "billing.invoice":
        return {str(invoice.pk): _of_invoice(invoice) for invoice in invoices.filter(pk__in=ids)}
    if kind == "billing.checkoutsession":
        rows = CheckoutSession.objects.filter(pk__in=ids, invoice__in=invoices).select_related("invoice__patient")
        return {str(row.pk): _of_invoice(row.invoice) for row in rows}
    if kind == "billing.deposit":
        deposits = Deposit.objects.filter(pk__in=ids, invoice__in=invoices).select_related("invoice__patient")
        return {str(row.pk): _of_invoice(row.invoice) for row in deposits}
    if kind == "billing.einvoice":
        files = EInvoice.objects.filter(pk__in=ids, invoice__in=invoices).select_related("invoice__patient")
        return {str(row.pk): _of_invoice(row.invoice) for row in files}
    if kind == "billing.packagepurchase":
        bought = PackagePurchase.objects.visible_to(seen_by).select_related("patient").filter(pk__in=ids)
        return {str(row.pk): _of_purchase(row) for row in bought}
    if kind == "billing.bankstatement" and seen_by.has_perm("billing.bank"):
        return {str(row.pk): _of_statement(row) for row in BankStatement.objects.filter(pk__in=ids)}
    if kind == "billing.bankline" and seen_by.has_perm("billing.bank"):
        rows_of_bank = BankLine.objects.filter(pk__in=ids).select_related("statement")
        return {str(row.pk): _of_statement(row.statement) for row in rows_of_bank}
    if kind == "billing.banktable" and seen_by.has_perm("billing.bank"):
        return {str(row.pk): Named(row.name) for row in BankTable.objects.filter(pk__in=ids)}
    if kind == "billing.treatmentcode" and seen_by.has_perm("billing.manage"):
        return {str(row.pk): Named(str(row)) for row in TreatmentCode.objects.filter(pk__in=ids)}
    if kind == "billing.tillsession":
        sessions = TillSession.objects.visible_to(seen_by).for_display().filter(pk__in=ids)
        return {str(row.pk): Named(str(row), reverse("billing:till_session", args=[row.pk])) for row in sessions}
    if kind == "billing.till" and seen_by.has_perm("billing.manage"):
        return {str(row.pk): Named(str(row)) for row in Till.objects.select_related("location").filter(pk__in=ids)}
    if kind == "billing.taxrate" and seen_by.has_perm("billing.manage"):
        return {str(row.pk): Named(row.name) for row in TaxRate.objects.filter(pk__in=ids)}
    if kind == "billing.discountreason" and seen_by.has_perm("billing.manage"):
        return {str(row.pk): Named(row.text) for row in DiscountReason.objects.filter(pk__in=ids)}
    if kind == "billing.discountlimit" and seen_by.has_perm("billing.manage"):
        return {each: Named(str(Role(each).label)) for each in ids}
    if kind == "billing.treatment":
        visits = crm.notes_seen_by(seen_by).filter(appointment_id__isnull=False).values("appointment_id")
        done = Treatment.objects.filter(pk__in=ids, appointment__in=visits)
        return {str(row.pk): Named(row.name) for row in done}
    if kind == "billing.package" and seen_by.has_perm("billing.sell_package"):
        return {str(row.pk): Named(row.name) for row in Package.objects.filter(pk__in=ids)}
    return {each: Named(str(_("Invoices"))) for each in ids} if seen_by.has_perm("billing.manage") else {}


def _of_invoice(invoice: Invoice) -> Named:
    return Named(f"{invoice}, {invoice.for_name}", reverse("billing:invoice", args=[invoice.pk]))


def _of_statement(statement: BankStatement) -> Named:
    days = f"{statement.since:%Y-%m-%d} – {statement.until:%Y-%m-%d}"
    return Named(days, reverse("billing:bank_statement", args=[statement.pk]))


def _of_purchase(purchase: PackagePurchase) -> Named:
    return Named(f"{purchase}, {purchase.patient.name}", reverse("billing:package", args=[purchase.pk]))


TRAIL = Trail(_("Invoices"), DEEDS, names_of)
