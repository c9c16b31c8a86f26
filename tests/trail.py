"""Nothing changes and nobody's record is shown without a line in the audit log, in any request of any test.

`watched()` notes what each request and job writes, and whose names it reads. Where a tenant's row was written, the same
request must have left an entry that names the row, or the thing that answers for it; where somebody's name was read to
be shown, an entry that says whose.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import Resolver404, resolve

from tenancy import tenant_in_use
from tenancy.places import this_connection

# Tables whose rows are a part of something else: what answers for them in the log.
ANSWERED_FOR_BY = {
    "billing_accountnumber": {"billing.accountantrules"},
    "billing_adjustment": {"billing.invoice"},
    "billing_invoiceline": {"billing.invoice"},
    "billing_numberseries": {"billing.invoice", "billing.numberseries"},  # the number stands in the invoice's entry
    "billing_einvoicecount": {"billing.einvoice"},  # the progressive stands in the file's name
    "billing_payment": {"billing.invoice"},
    "billing_bankline": {"billing.bankline", "billing.bankstatement"},
    "billing_bankmatch": {"billing.bankline"},
    "billing_credituse": {"billing.invoice"},
    "billing_refund": {"billing.invoice"},
    "billing_writeoff": {"billing.invoice"},
    "billing_reminder": {"billing.invoice"},
    "billing_cashmove": {"billing.tillsession"},
    "billing_tillcount": {"billing.tillsession"},
    "billing_packagecontent": {"billing.package"},
    "billing_packagepause": {"billing.packagepurchase"},
    "billing_packageunit": {"billing.packagepurchase"},
    "billing_unitentry": {"billing.packagepurchase"},
    "billing_ledgerentry": {"billing.invoice", "billing.deposit", "billing.packagepurchase", "billing.tillsession"},
    "billing_ledgerline": {"billing.invoice", "billing.deposit", "billing.packagepurchase", "billing.tillsession"},
    "crm_code": {"crm.codelist"},
    "crm_codeword": {"crm.codelist"},
    "crm_discipline": {"access.member"},
    "crm_notetemplateversion": {"crm.notetemplate"},
    "crm_documentversion": {"crm.document"},
    "crm_exerciseversion": {"crm.exercise"},
    "crm_sheetitem": {"crm.exercisesheet"},
    "crm_sheetversion": {"crm.exercisesheet"},
    "crm_duplicatepair": {"crm.patient"},
    "crm_listeddistrict": {"crm.regionlist"},
    "crm_formreview": {"crm.filledform"},
    "crm_questionnaireversion": {"crm.questionnaire"},
    "crm_merge": {"crm.patient", "crm.client"},
    "crm_move": {"crm.patient", "crm.client"},
    "crm_patientgrant": {"crm.patient"},
    "crm_staffdiscipline": {"access.member"},
    "filestore_storedfile": {
        "billing.invoice",
        "billing.einvoice",
        "crm.document",
        "crm.codelist",
        "crm.owncopy",
        "crm.extract",
    },
    "inventory_servicematerial": {"inventory.item"},
    "inventory_shortage": {"inventory.shortage", "inventory.item"},  # a count settles all of an item
    "inventory_stockmove": {"inventory.item"},
    "inventory_materialtakenback": {"inventory.usedmaterial"},
    "scheduling_calendarsync": {"scheduling.externalcalendar"},
    "scheduling_externalbusy": {"scheduling.externalcalendar"},
    "scheduling_syncedentry": {"scheduling.externalcalendar"},
    "scheduling_appointmentchange": {"scheduling.appointment"},
    "scheduling_appointmentequipment": {"scheduling.appointment"},
    "scheduling_appointmentservice": {"scheduling.appointment"},
    "scheduling_cancellation": {"scheduling.appointment"},
    "scheduling_override": {"scheduling.appointment"},
    "scheduling_dayhours": {"scheduling.practitioner"},
    "scheduling_equipmentkind": {"scheduling.equipment"},
    "scheduling_roomtype": {"scheduling.room"},
    "scheduling_service_equipment_kinds": {"scheduling.service"},
    "scheduling_service_room_types": {"scheduling.service"},
    "scheduling_service_practitioners": {"scheduling.service", "scheduling.practitioner"},
    "scheduling_service_rooms": {"scheduling.service"},
    "scheduling_vitalsign": {"scheduling.checkin"},
    "scheduling_waitingentry": {"scheduling.waitingentry", "scheduling.offer"},
    "scheduling_waitingentry_practitioners": {"scheduling.waitingentry"},
    "scheduling_waitingservice": {"scheduling.waitingentry"},
    "scheduling_waitingwindow": {"scheduling.waitingentry"},
    "scheduling_workinghours": {"scheduling.practitioner"},
}
# Tables that say nothing about anybody but themselves.
NOT_LOGGED = {
    "audit_auditentry": "it is the log",
    "crm_searchkey": "what people are found by follows from rows that have their own entry",
    "scheduling_freedtime": "that a time came free follows from a visit that has its own entry; an offer of it, too",
    "httpapi_keptanswer": "the answer to a request that may come twice; forgotten after two days",
}
PRESETS = "what every workspace of this kind starts with; the entry says that it was opened"
FORGOTTEN = "after thirty days a merge is not undone any more: what would be needed for it goes"
FOLLOWS = "that two records are alike follows from rows that have entries of their own; what is answered has one"
DRAWN = "a small picture of a file; that the file came, and that it was looked into, is in the log"
COPIED = "busy times are copied every ten minutes; who had them copied from where is in the log"
SHOWN_ELSEWHERE = "how far a calendar is in step; who had it kept so is in the log, and whose names were put there, too"
# Writes that are a step of something that has its own entry: (where, table) and why.
NOT_LOGGED_THERE = {
    ("tenants.tasks.open_workspace", "crm_consentkind"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_consenttext"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_exercise"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_exerciseversion"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_flagkind"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_measurekind"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_questionnaire"): PRESETS,
    ("tenants.tasks.open_workspace", "crm_questionnaireversion"): PRESETS,
    ("tenants.tasks.open_workspace", "scheduling_location"): PRESETS,
    ("tenants.tasks.open_workspace", "scheduling_room"): PRESETS,
    ("tenants.tasks.open_workspace", "scheduling_service"): PRESETS,
    (
        "calendar/feeds/<str:secret>.ics",
        "scheduling_calendarfeed",
    ): "when an app asked; what it was told is logged",
    ("modules.billing.tasks.forget_bank_tables", "billing_banktable"): "a file whose columns nobody said for a week",
    ("modules.crm.tasks.forget_merges", "crm_move"): FORGOTTEN,
    ("modules.crm.tasks.forget_merges", "crm_merge"): FORGOTTEN,
    ("modules.crm.tasks.find_pairs", "crm_duplicatepair"): FOLLOWS,
    ("modules.crm.tasks.check_pairs", "crm_duplicatepair"): FOLLOWS,
    ("modules.crm.tasks.preview_document", "crm_documentversion"): DRAWN,
    ("modules.crm.tasks.preview_document", "filestore_storedfile"): DRAWN,
    ("modules.scheduling.tasks.read_calendar", "scheduling_externalcalendar"): COPIED,
    ("modules.scheduling.tasks.read_calendar", "scheduling_externalbusy"): COPIED,
    ("modules.scheduling.tasks.sync_calendar", "scheduling_externalcalendar"): COPIED,
    ("modules.scheduling.tasks.sync_calendar", "scheduling_externalbusy"): COPIED,
    ("modules.scheduling.tasks.sync_calendar", "scheduling_syncedentry"): COPIED,
    ("modules.scheduling.tasks.sync_calendar", "scheduling_calendarsync"): SHOWN_ELSEWHERE,
    ("modules.scheduling.tasks.sync_calendar", "scheduling_pushedvisit"): SHOWN_ELSEWHERE,
    ("notify.tasks.deliver", "access_member"): "the digest of the link in the mail that is being written",
    (
        "notify.tasks.deliver",
        "scheduling_hold",
    ): "the digests of what is in the mail that is being written",
    ("notify.tasks.deliver", "scheduling_visitlink"): "the digest of the link in the mail that is being written",
    ("modules.scheduling.tasks.forget_links", "scheduling_visitlink"): "digests of links that lead nowhere any more",
    ("*", "crm_formdraft"): "what is typed into a form has one line, of the form, when it begins",
    ("*", "crm_notedraft"): "what is typed in one go has one line, of the note, when it begins",
    ("*", "notify_message"): "a message that waits; when it goes out, the log says so",
}
# The entry of a merge, and of its undoing, answers for every row that went along: which these are is in the list of
# moves, and in each row's history for good.
OF_A_MERGE = re.compile(r"crm\.(patient|client)\.(merged|merge_undone)")
# What reads names to decide which lines somebody may see; those that it showed are in its entry.
LOG_WAS_READ = ("audit.log.viewed", "audit.log.exported")
# Pages that show names without a view in the log, by their route.
SHOWN_WITHOUT_A_VIEW = {
    "invoices/<uuid:invoice_id>/state/": "asked for by the invoice's own page while it waits to be paid",
    "appointments/slots/": "free times only: the name is on the form around them, which was logged",
}
# What pages that ask again by themselves show to the same eyes, by route; the page itself was logged.
REFRESHED = {"today/", "invoices/", "pay/<str:token>/"}

WRITE = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
NAMES = re.compile(
    r'"(?:crm_patient|crm_client)"\."(?:first_name|last_name|alert)"'
    r'|"crm_note"\."(?:plan|subjective)"|"billing_invoice"\."(?:client|patient)_name"'
)


@dataclass
class Seen:
    """What one request or job did in a tenant's room."""

    written: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    entries: list[dict[str, Any]] = field(default_factory=list)
    savepoints: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take_back(self, sql: str) -> None:
        """Follow a savepoint: what was written since is gone once it is rolled back."""
        name = sql.rpartition(" ")[2]
        if sql.startswith("SAVEPOINT"):
            self.savepoints[name] = len(self.written), len(self.entries)
        elif sql.startswith("ROLLBACK TO"):
            written, entries = self.savepoints.get(name, (0, 0))
            del self.written[written:], self.entries[entries:]

    def unlogged(self, where: str) -> list[str]:
        """Return the writes that nothing answers for."""
        return sorted({table for table, values in self.written if not self._is_logged(where, table, values)})

    def is_viewed(self) -> bool:
        return any(entry["subject_id"] or entry["listed"] or entry["action"] in LOG_WAS_READ for entry in self.entries)

    def _is_logged(self, where: str, table: str, values: frozenset[str]) -> bool:
        if table in NOT_LOGGED or (where, table) in NOT_LOGGED_THERE or ("*", table) in NOT_LOGGED_THERE:
            return True
        if any(OF_A_MERGE.fullmatch(entry["action"]) for entry in self.entries):
            return True
        if table in ANSWERED_FOR_BY:
            return any(entry["object_type"] in ANSWERED_FOR_BY[table] for entry in self.entries)
        own = labels()[table]
        return any(entry["object_type"] == own and entry["object_id"] in values for entry in self.entries)


class Watch:
    def __init__(self) -> None:
        self.by_origin: dict[str, Seen] = defaultdict(Seen)

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        origin = this_connection().origin
        if origin and tenant_in_use() is not None:
            self._note(self.by_origin[origin], str(sql), params, context["cursor"].rowcount)
        return result

    def _note(self, seen: Seen, sql: str, params: Any, rows: int) -> None:
        write = WRITE.match(sql)
        if "SAVEPOINT" in sql[:21]:
            seen.take_back(sql)
        elif write is None:
            if rows > 0 and sql.startswith("SELECT"):
                seen.read.update(found[0] for found in NAMES.finditer(sql.partition(" FROM ")[0]))
        elif write[2] == "audit_auditentry":
            seen.entries += _entries(sql, params)
        elif rows and write[2] in labels():
            seen.written.append((write[2], frozenset(map(str, params or ()))))


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    with connection.execute_wrapper(watch):
        yield watch


def check_request(watch: Watch, request: Any, response: Any) -> None:
    """Raise `AssertionError` if an answered request left something out of the log. A refused one changed nothing."""
    if response.status_code >= 400:
        return
    method, route = request["REQUEST_METHOD"], _route(request)
    is_quiet = route in SHOWN_WITHOUT_A_VIEW or ("HTTP_HX_REQUEST" in request and route in REFRESHED)
    for seen in watch.by_origin.values():
        left_out = seen.unlogged(route)
        assert not left_out, f"{method} {route} wrote {left_out} without a line in the audit log"
        if method == "GET" and response.status_code == 200 and not is_quiet:
            assert not seen.read or seen.is_viewed(), f"{route} showed {sorted(seen.read)} without a view in the log"


def check_jobs(watch: Watch, done: set[str]) -> None:
    """Raise `AssertionError` if a job that was done left a change out of the log."""
    for origin, seen in watch.by_origin.items():
        job = json.loads(origin)
        if job.get("job_id") in done:
            left_out = seen.unlogged(job["job"])
            assert not left_out, f"{job['job']} wrote {left_out} without a line in the audit log"


@cache
def labels() -> dict[str, str]:
    """Return the tables of a tenant, and the label of what is in each."""
    models = apps.get_models(include_auto_created=True)
    ours = [model for model in models if model._meta.app_config.name in settings.TENANT_APPS]
    return {model._meta.db_table: model._meta.label_lower for model in ours}


def _entries(sql: str, params: Any) -> Iterator[dict[str, Any]]:
    """Yield the entries that an INSERT writes, each with what was given for its columns."""
    columns, _, values = sql.partition(" VALUES ")
    names = re.findall(r'"(\w+)"', columns)[1:]
    given = iter(params)
    for row in values.split("), ("):
        places = [place.strip(" ()") for place in row.split(",")]
        yield {
            name: next(given) if place.startswith("%s") else None for name, place in zip(names, places, strict=False)
        }


def _route(request: Any) -> str:
    try:
        return str(resolve(request["PATH_INFO"], "config.urls").route)
    except Resolver404:
        return str(request["PATH_INFO"])
