"""Row 19: the report of a day, beside two hundred thousand invoices of a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from modules.scheduling.models import Location
from tenancy import use, use_owner
from tests.performance.days import measured
from tests.performance.practice import Practice
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

INVOICES, DAYS = 200_000, 365
BAR = 300  # ms, with HTTP and all that is around it
TABLES = ("invoice", "invoiceline", "payment", "ledgerentry", "ledgerline")
# As rows come in: by day. Their visits are those of the calendar, again and again.
FILL = (
    """
    CREATE TEMPORARY TABLE filled AS
    SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
           %(today)s::date - (%(invoices)s - n) / %(a_day)s AS day,
           (ARRAY['CASH', 'CARD', 'CARD', 'BANK_TRANSFER'])[1 + n %% 4] AS method,
           (ARRAY['CASH', 'CARD', 'CARD', 'BANK'])[1 + n %% 4] AS account,
           n %% 20 <> 0 AS is_paid, visit.id AS visit, patient.id AS patient, patient.client_id AS client
    FROM generate_series(1, %(invoices)s) AS n
    JOIN (SELECT id, patient_id, row_number() OVER (ORDER BY id) - 1 AS place FROM scheduling_appointment) AS visit
      ON visit.place = n %% (SELECT count(*) FROM scheduling_appointment)
    JOIN crm_patient AS patient ON patient.id = visit.patient_id
    """,
    """
    INSERT INTO billing_invoice (id, number, location_id, status, client_id, patient_id, currency, prices_include_tax,
        due_date, net_minor, tax_minor, gross_minor, paid_minor, issued_at, issue_date, seller_name, seller_address,
        seller_tax_number, client_name, client_address, patient_name, created_at)
    SELECT id, 'M-' || n, %(location)s, CASE WHEN is_paid THEN 'PAID' ELSE 'OVERDUE' END, client, patient, 'GBP', true,
        day + 14, 7000, 400, 7400, CASE WHEN is_paid THEN 7400 ELSE 0 END, day + time '12:00', day, 'Measured', '',
        '', 'Person', '', 'Person', day + time '12:00'
    FROM filled ORDER BY n
    """,
    """
    INSERT INTO billing_invoiceline (id, invoice_id, position, description, detail, quantity, unit_price_minor,
        tax_rate, tax_category, net_minor, tax_minor, gross_minor, currency, former_appointment_id)
    SELECT gen_random_uuid(), id, line.position, line.description, '', 1, line.net + line.tax, line.rate,
        line.category, line.net, line.tax, line.net + line.tax, 'GBP', CASE WHEN line.position = 1 THEN visit END
    FROM filled, (VALUES (1, 'Visit', 0, 'E', 5000, 0), (2, 'Roller', 20, 'S', 2000, 400))
        AS line (position, description, rate, category, net, tax) ORDER BY n, line.position
    """,
    """
    INSERT INTO billing_payment (id, invoice_id, amount_minor, currency, method, gateway_reference, received_at,
        by_name)
    SELECT id, id, 7400, 'GBP', method, '', day + time '12:30', '' FROM filled WHERE is_paid ORDER BY n
    """,
    """
    INSERT INTO billing_ledgerentry (id, kind, day, invoice_id, payment_id)
    SELECT gen_random_uuid(), kind, day, id, CASE WHEN kind = 'PAID' THEN id END
    FROM filled, unnest(ARRAY['ISSUED', 'PAID']) AS kind WHERE kind = 'ISSUED' OR is_paid ORDER BY n, kind
    """,
    """
    INSERT INTO billing_ledgerline (id, entry_id, position, account, amount_minor, currency, tax_rate)
    SELECT gen_random_uuid(), entry.id, line.position, coalesce(line.account, filled.account), line.minor, 'GBP',
        line.rate
    FROM filled JOIN billing_ledgerentry AS entry ON entry.invoice_id = filled.id
    JOIN (VALUES ('ISSUED', 1, 'RECEIVABLE', 7400, NULL), ('ISSUED', 2, 'SALES', -5000, 0),
        ('ISSUED', 3, 'SALES', -2000, 20), ('ISSUED', 4, 'TAX', -400, 20),
        ('PAID', 1, 'RECEIVABLE', -7400, NULL), ('PAID', 2, NULL, 7400, NULL))
        AS line (kind, position, account, minor, rate) ON line.kind = entry.kind
    ORDER BY n, entry.kind, line.position
    """,
)


def of_a_day(visit: Visit) -> Iterator[Result]:
    """The overview of a day and its revenue over the wire; longer times and what is owed stand beside them."""
    today = timezone.localdate()
    fill(visit.practice, today)
    one, month, year = (f"since={today - timedelta(days=days)}&until={today}" for days in (0, 30, DAYS - 1))
    for path, what, has_bar in (
        (f"/invoices/reports/?{one}", "a day, as the page", True),
        (f"/api/billing/reports/revenue/?by=practitioner&{one}", "a day's revenue by practitioner", True),
        (f"/invoices/reports/?{month}", "31 days, as the page", False),
        (f"/api/billing/reports/revenue/?by=practitioner&{year}", "a year's revenue by practitioner", False),
        (f"/api/billing/reports/receivables/?until={today}", "receivables by age", False),
    ):
        load, cpu = measured(visit, path, requests=60 if has_bar else 10)
        seen = spread(load.times)
        yield Result(
            row="19",
            what=f"report beside {INVOICES:,} invoices: {what}, c=1",
            bar=f"p95 ≤ {BAR} ms" if has_bar else "",
            measured=f"{seen.p50:.1f} ms",
            met=seen.p95 <= BAR if has_bar else None,
            p50=seen.p50,
            p95=seen.p95,
            worst=seen.worst,
            cpu=cpu,
        )


def fill(practice: Practice, today: date) -> None:
    """Put a year's bills, their payments and both in the books in as rows: 548 a day, one in twenty not paid."""
    with use(practice.tenant):
        location = Location.objects.get().pk
    numbers = {"invoices": INVOICES, "a_day": -(-INVOICES // DAYS), "today": today, "location": location}
    with use_owner(practice.tenant.schema_name), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE billing_{table} DISABLE TRIGGER USER")
        for statement in FILL:
            cursor.execute(statement, numbers)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE billing_{table} ENABLE TRIGGER USER")
        cursor.execute("DROP TABLE filled")
        cursor.execute("VACUUM ANALYZE")
