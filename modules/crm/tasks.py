"""What is done with files by and by, and with what people are found by, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from jobs.outbox import later
from modules.crm import services
from modules.crm.models import ImportState
from modules.crm.services import (
    codes,
    draw_preview,
    erasing,
    imports,
    merging,
    plans,
    scan_version,
    search_keys,
    sweep_documents,
    taking,
)
from modules.crm.services.questionnaires import asking, occasions


@actor(max_attempts=40)
def scan_document(*, version_id: str, **_: Any) -> None:
    """A scanner that is away for days is waited for: until it has spoken, the file stays shut."""
    scan_version(version_id=UUID(version_id), at=timezone.now())


@actor()
def preview_document(*, version_id: str, **_: Any) -> None:
    draw_preview(version_id=UUID(version_id))


@actor()
def sweep_files(**_: Any) -> None:
    sweep_documents(at=timezone.now())


@actor()
def renew_search_keys(**_: Any) -> None:
    """Renew what nobody has since it changed: some at a time, so that none of it waits for all of it."""
    if search_keys.renew_stale_keys() == search_keys.BATCH:
        later(renew_search_keys)


def _given_up(at: ImportState) -> Any:
    """Return what is told when a step of an import failed for the last time."""

    def tell(*, import_id: str, **_: Any) -> None:
        imports.give_up_step(import_id=UUID(import_id), at=at)

    return tell


@actor(own_transactions=True, max_attempts=3, at_most_minutes=60, given_up=_given_up(ImportState.READING))
def read_import(*, import_id: str, **_: Any) -> None:
    imports.read_rows(import_id=UUID(import_id), at=timezone.now())


@actor(own_transactions=True, max_attempts=3, at_most_minutes=60, given_up=_given_up(ImportState.CHECKING))
def check_import(*, import_id: str, **_: Any) -> None:
    imports.check_rows(import_id=UUID(import_id), at=timezone.now())


@actor(own_transactions=True, max_attempts=3, at_most_minutes=60, given_up=_given_up(ImportState.IMPORTING))
def apply_import(*, import_id: str, **_: Any) -> None:
    imports.apply_import(import_id=UUID(import_id), at=timezone.now())


@actor(own_transactions=True, max_attempts=3, at_most_minutes=60, given_up=_given_up(ImportState.UNDOING))
def undo_import(*, import_id: str, **_: Any) -> None:
    imports.undo_import(import_id=UUID(import_id), at=timezone.now())


@actor(own_transactions=True, at_most_minutes=30, given_up=codes.give_up_checking)
def check_code_list(*, code_list_id: str, **_: Any) -> None:
    codes.check_codes(code_list_id=UUID(code_list_id))


@actor(own_transactions=True, at_most_minutes=30, given_up=codes.give_up_loading)
def load_code_list(*, code_list_id: str, **_: Any) -> None:
    codes.load_codes(code_list_id=UUID(code_list_id), at=timezone.now())


@actor()
def forget_imports(**_: Any) -> None:
    imports.forget_rows(at=timezone.now())


@actor()
def remind_of_forms(**_: Any) -> None:
    """Have each form looked at by itself whose reminder is due: one that cannot be sent holds up no other."""
    for asked_id in asking.forms_to_remind_of(at=timezone.now()):
        later(remind_of_form, asked_id=str(asked_id))


@actor()
def remind_of_form(*, asked_id: str, **_: Any) -> None:
    asking.remind_of_form(asked_id=UUID(asked_id), at=timezone.now())


@actor()
def ask_after_visit(*, questionnaire_id: str, patient_id: str, appointment_id: str, **_: Any) -> None:
    occasions.ask_after_visit(
        questionnaire_id=UUID(questionnaire_id),
        patient_id=UUID(patient_id),
        appointment_id=UUID(appointment_id),
        at=timezone.now(),
    )


@actor()
def ask_in_episodes(**_: Any) -> None:
    occasions.ask_in_episodes(at=timezone.now())


@actor()
def remind_of_reviews(**_: Any) -> None:
    plans.remind_of_reviews(at=timezone.now())


@actor(own_transactions=True, max_attempts=40)
def erase(*, erasure_id: str, **_: Any) -> None:
    """Where somebody is just writing it is refused, and done a little later."""
    erasing.carry_out(erasure_id=UUID(erasure_id), at=timezone.now())


@actor()
def erase_what_is_due(**_: Any) -> None:
    for erasure_id in erasing.due_erasures(at=timezone.now()):
        later(erase, erasure_id=str(erasure_id))


@actor()
def follow_merges(**_: Any) -> None:
    merging.follow_merges(at=timezone.now())


@actor()
def forget_merges(**_: Any) -> None:
    merging.forget_old_merges(at=timezone.now())


@actor(own_transactions=True, at_most_minutes=60)
def find_pairs(**_: Any) -> None:
    services.find_pairs(at=timezone.now())


@actor()
def check_pairs(*, patient_id: str, **_: Any) -> None:
    services.check_pairs_of(patient_id=UUID(patient_id), at=timezone.now())


@actor(own_transactions=True, at_most_minutes=60)
def make_copy(*, copy_id: str, **_: Any) -> None:
    taking.make_copy(copy_id=UUID(copy_id), at=timezone.now())


@actor(own_transactions=True, at_most_minutes=60)
def make_extract(*, extract_id: str, **_: Any) -> None:
    taking.make_extract(extract_id=UUID(extract_id), at=timezone.now())


@actor(own_transactions=True)
def forget_taken(**_: Any) -> None:
    taking.forget_old(at=timezone.now())
