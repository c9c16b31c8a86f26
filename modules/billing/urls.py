from django.urls import URLPattern, path

from modules.billing.pages import deposits, invoices, portal, settings, writing

urlpatterns: list[URLPattern] = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/new/", writing.write, name="write"),
    path("invoices/deposits/", deposits.deposits, name="deposits"),
    path("invoices/deposits/<uuid:deposit_id>/waiver/", deposits.waiver, name="waiver"),
    path("invoices/deposits/<uuid:deposit_id>/settlement/", deposits.settlement, name="settlement"),
    path("invoices/for-visit/", invoices.for_visit, name="for_visit"),
    path("invoices/<uuid:invoice_id>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:invoice_id>/state/", invoices.state, name="state"),
    path("invoices/<uuid:invoice_id>/issue/", invoices.issue, name="issue"),
    path("invoices/<uuid:invoice_id>/discard/", invoices.discard, name="discard"),
    path("invoices/<uuid:invoice_id>/reminder/", invoices.reminder, name="reminder"),
    path("invoices/<uuid:invoice_id>/payment/", invoices.payment, name="payment"),
    path("invoices/<uuid:invoice_id>/pdf/", invoices.document, name="document"),
    path("settings/billing/", settings.overview, name="settings"),
    path("settings/billing/cards/", settings.cards, name="cards"),
    path("settings/billing/deposits/", deposits.rules, name="deposit_rules"),
    path("settings/billing/deposits/<uuid:rule_id>/removal/", deposits.rule_removal, name="deposit_rule_removal"),
    path("my/bills/", portal.bills, name="bills"),
    path("my/bills/<uuid:invoice_id>/", portal.bill, name="bill"),
    path("my/bills/<uuid:invoice_id>/pdf/", portal.bill_document, name="bill_document"),
    path("pay/<str:token>/", portal.pay, name="pay"),
    path("pay/<str:token>/invoice.pdf", portal.pay_document, name="pay_document"),
]
