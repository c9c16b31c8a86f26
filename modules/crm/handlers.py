"""Reactions to what others tell."""

from __future__ import annotations

from django.utils import timezone

from access.events import MemberLeft
from access.models import Member
from jobs.outbox import later
from modules.crm import services, tasks
from modules.crm.events import (
    CodeListWaits,
    CopyWaits,
    DocumentCleared,
    DocumentReceived,
    ExtractWaits,
    FirstVisitBooked,
    ImportWaits,
    MergeUndone,
    PatientChanged,
    PatientRegistered,
    PatientsMerged,
    PersonErased,
    VisitOver,
)
from modules.crm.models import CodeListState, ImportState, Merge
from modules.crm.services.questionnaires import occasions

STEPS = {
    ImportState.READING: tasks.read_import,
    ImportState.CHECKING: tasks.check_import,
    ImportState.IMPORTING: tasks.apply_import,
    ImportState.UNDOING: tasks.undo_import,
}


def end_access(event: MemberLeft) -> None:
    left = Member.objects.get(pk=event.member_id)
    services.release_records(user_id=event.user_id)
    services.end_all_access_of(user_id=event.user_id, before=left.ended_at or timezone.now(), at=timezone.now())


def scan_document(event: DocumentReceived) -> None:
    later(tasks.scan_document, version_id=str(event.version_id))


def preview_document(event: DocumentCleared) -> None:
    later(tasks.preview_document, version_id=str(event.version_id))


def go_on_with_import(event: ImportWaits) -> None:
    later(STEPS[ImportState(event.state)], import_id=str(event.import_id))


def go_on_with_code_list(event: CodeListWaits) -> None:
    step = tasks.check_code_list if event.state == CodeListState.CHECKING else tasks.load_code_list
    later(step, code_list_id=str(event.code_list_id))


def make_copy(event: CopyWaits) -> None:
    later(tasks.make_copy, copy_id=str(event.copy_id))


def make_extract(event: ExtractWaits) -> None:
    later(tasks.make_extract, extract_id=str(event.extract_id))


def ask_new_patient(event: PatientRegistered) -> None:
    if not event.is_imported:
        occasions.ask_new_patient(patient_id=event.patient_id, at=timezone.now())


def ask_before_first_visit(event: FirstVisitBooked) -> None:
    occasions.ask_before_first_visit(
        patient_id=event.patient_id,
        appointment_id=event.appointment_id,
        starts_at=event.starts_at,
        at=timezone.now(),
    )


def ask_after_visit(event: VisitOver) -> None:
    for questionnaire_id, when in occasions.moments_after_visit(visited_at=event.at):
        later(
            tasks.ask_after_visit,
            at=when,
            questionnaire_id=str(questionnaire_id),
            patient_id=str(event.patient_id),
            appointment_id=str(event.appointment_id),
        )


def follow_merges(_event: PatientsMerged) -> None:
    """Whoever wrote for a merged record at that moment has written it by now."""
    later(tasks.follow_merges)


def compare_new_patient(event: PatientRegistered) -> None:
    """Whoever came with a file of thousands is compared in the night, with all of them at once."""
    if not event.is_imported:
        later(tasks.check_pairs, patient_id=str(event.patient_id))


def compare_patient(event: PatientChanged) -> None:
    later(tasks.check_pairs, patient_id=str(event.patient_id))


def compare_merged(event: PatientsMerged) -> None:
    if event.patient_id:
        later(tasks.check_pairs, patient_id=str(event.patient_id))


def compare_unmerged(event: MergeUndone) -> None:
    merge = Merge.objects.get(pk=event.merge_id)
    if merge.patient_id:
        later(tasks.check_pairs, patient_id=str(merge.patient_id))


def erase_person(event: PersonErased) -> None:
    later(tasks.erase, erasure_id=str(event.erasure_id))
