"""What billing puts into the copy that somebody asks for: the bills they see, with their papers."""

from __future__ import annotations

from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from modules.crm.public import Copied, Copies, LeftOut, Right

INSIDE = "How billing keeps it, not what it says of anybody."
ACCOUNTS = "Which account of ours it was."
ISSUED = {"issued_at__isnull": False}
OF_INVOICE = {"invoice__issued_at__isnull": False}

COPIES: Copies = (
    Copied(
        model="billing.Invoice",
        name="Invoice",
        label=_("Invoices"),
        patient="patient_id",
        billed_to="client_id",
        billed_on="issue_date",
        right=Right.BILLS,
        permissions=("billing.view_invoice", "billing.view_document"),
        only=ISSUED,
        names={
            "id": "id",
            "kind": "type.text",
            "number": "identifier.0.value",
            "status": "status",
            "corrects_id": "replaces.reference:Invoice",
            "reason": "note.0.text",
            "issue_date": "date",
            "due_date": "dueDate",
            "patient_id": "subject.reference:Patient",
            "patient_name": "subject.display",
            "client_id": "recipient.reference:RelatedPerson",
            "client_name": "recipient.display",
            "client_address": "recipient.address",
            "seller_name": "issuer.display",
            "seller_address": "issuer.address",
            "seller_tax_number": "issuer.identifier",
            "net": "totalNet",
            "tax": "totalTax",
            "gross": "totalGross",
            "paid": "paid",
            "credited": "credited",
            "prices_include_tax": "pricesIncludeTax",
            "issued_at": "issued",
        },
        without=dict.fromkeys(
            ("net_minor", "tax_minor", "gross_minor", "paid_minor", "credited_minor", "currency"), "In the amounts."
        )
        | dict.fromkeys(("series_id", "sequence", "location_id"), "It stands in the number.")
        | dict.fromkeys(("chain_hash", "chain_previous", "chain_people", "chain_salt"), INSIDE)
        | {"created_at": INSIDE, "pdf_id": "It lies in the folder of files."}
        | dict.fromkeys(("seller_details", "client_details"), "It stands in the electronic invoice."),
        title="number",
        day="issue_date",
        file=attrgetter("pdf"),
    ),
    Copied(
        model="billing.InvoiceLine",
        name="InvoiceLineItem",
        label=_("Lines of invoices"),
        patient="invoice__patient_id",
        billed_to="invoice__client_id",
        billed_on="invoice__issue_date",
        right=Right.BILLS,
        permissions=("billing.view_invoice",),
        only=OF_INVOICE,
        names={
            "id": "id",
            "invoice_id": "invoice.reference:Invoice",
            "position": "sequence",
            "description": "chargeItem.text",
            "detail": "chargeItem.detail",
            "quantity": "quantity",
            "unit_price": "unitPrice",
            "tax_rate": "taxRate",
            "tax_category": "taxCategory",
            "tax_reason": "taxExemption",
            "tax_code": "taxExemptionCode",
            "net": "net",
            "tax": "tax",
            "gross": "gross",
            "appointment_id": "encounter.reference:Appointment",
            "former_appointment_id": "formerEncounter.reference:Appointment",
            "corrects_line_id": "corrects",
        },
        without=dict.fromkeys(
            ("credited_minor", "unit_price_minor", "net_minor", "tax_minor", "gross_minor", "currency"),
            "In the amounts.",
        )
        | dict.fromkeys(("item_id", "deposit_id", "treatment_id", "former_treatment_id"), INSIDE)
        | dict.fromkeys(("is_reduction", "is_duty"), INSIDE),
        title="description",
        day="invoice__issue_date",
    ),
    Copied(
        model="billing.Adjustment",
        name="InvoiceAdjustment",
        label=_("Discounts and surcharges"),
        patient="invoice__patient_id",
        billed_to="invoice__client_id",
        billed_on="invoice__issue_date",
        right=Right.BILLS,
        permissions=("billing.view_invoice",),
        only=OF_INVOICE,
        names={
            "id": "id",
            "invoice_id": "invoice.reference:Invoice",
            "line_id": "lineItem.reference:InvoiceLineItem",
            "kind": "type",
            "percent": "factor",
            "total": "amount",
            "reason": "reason",
            "given_at": "date",
        },
        without=dict.fromkeys(("amount_minor", "total_minor", "currency"), "In the amount.")
        | dict.fromkeys(("by_id", "by_name"), ACCOUNTS)
        | {"limit_percent": INSIDE},
        title="get_kind_display",
        day="given_at",
    ),
    Copied(
        model="billing.Payment",
        name="PaymentReconciliation",
        label=_("Payments"),
        patient="invoice__patient_id",
        billed_to="invoice__client_id",
        billed_on="invoice__issue_date",
        right=Right.BILLS,
        permissions=("billing.view_payment",),
        only=OF_INVOICE,
        names={
            "id": "id",
            "invoice_id": "request.reference:Invoice",
            "amount": "amount",
            "method": "method",
            "gateway_reference": "identifier.0.value",
            "received_at": "paymentDate",
        },
        without=dict.fromkeys(("amount_minor", "currency"), "In the amount.")
        | dict.fromkeys(("by_id", "by_name"), ACCOUNTS),
        title="get_method_display",
        day="received_at",
    ),
    Copied(
        model="billing.PackagePurchase",
        name="PackagePurchase",
        label=_("Packages"),
        patient="patient_id",
        permissions=("billing.view_package",),
        names={
            "id": "id",
            "patient_id": "subject.reference:Patient",
            "name": "description",
            "price": "price",
            "tax_rate": "taxRate",
            "bought": "bought",
            "sold_at": "date",
            "expires_on": "expires",
            "ended_at": "ended",
        },
        without=dict.fromkeys(("package_id", "line_id"), INSIDE)
        | dict.fromkeys(("price_minor", "currency"), "In the price.")
        | {"client_id": "Whose bill it is stands on the bill.", "sold_by_name": ACCOUNTS},
        title="name",
        day="sold_at",
    ),
    Copied(
        model="billing.PackageUnit",
        name="PackageSession",
        label=_("Sessions of packages"),
        patient="purchase__patient_id",
        permissions=("billing.view_package",),
        names={
            "id": "id",
            "purchase_id": "partOf.reference:PackagePurchase",
            "service__name": "serviceType.0.text",
            "number": "number",
            "total": "of",
            "state": "status",
            "appointment_id": "encounter.reference:Appointment",
        },
        without={"service_id": "It stands in words."},
        title="service__name",
    ),
    LeftOut("billing.Treatment", "What was done in a visit; the bill says it, and so does the note."),
    LeftOut("billing.EInvoice", "The same document as its invoice, as a file for programs."),
    LeftOut("billing.EInvoiceAddress", "Where a firm gets files for programs; its invoices are here."),
    LeftOut("billing.LedgerEntry", "How the practice keeps its books; its invoices and payments are here."),
    LeftOut("billing.LedgerLine", "The same."),
    LeftOut("billing.UnitEntry", "Why a session was given back: a remark of the desk to itself."),
    LeftOut("billing.CheckoutSession", "A payment that was begun online, with the address to pay at."),
    LeftOut("billing.Deposit", "What is asked before a visit; its bill and its payments are here."),
)
