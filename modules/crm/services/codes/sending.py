"""Send a version of a code list, have it checked, use it or throw it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.checking import FileRefused
from filestore.models import StoredFile
from filestore.storage import discard, store_file
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.domain.codes.entries import Entries, NoColumns
from modules.crm.events import CodeListWaits
from modules.crm.models import TO_DISCARD, TO_LOAD, Code, CodeList, CodeListState, CodeSystem
from modules.crm.services.codes.files import entries_of
from modules.crm.services.imports.reading import NotATable

FILES = "codes"  # the folder
LONGEST_NAME, LONGEST_PROBLEM = 100, 30
IS_URI = RegexValidator(r"\A[a-z][a-z0-9+.-]*:\S+\Z")


class CodeListRefused(Invalid):
    code = "code-list-invalid"

    @classmethod
    def at(cls, name: str, sentence: str) -> CodeListRefused:
        """Return what is wrong with one field."""
        return cls(sentence, fields={name: [sentence]})


class NotNow(Conflict):
    """A list is at another step than the one that was asked for."""

    code = "code-list-not-now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDetails:
    """Which version of which system. A `uri` that is known already is that system, by whatever name."""

    name: str
    uri: str
    version: str


@transaction.atomic
def send_code_list(*, details: ListDetails, file_name: str, content: bytes, by: Any, at: datetime) -> CodeList:
    """Keep a file and have it checked. Raises `FileRefused` or `CodeListRefused`."""
    _check_size(content)
    system = system_for(details, by=by)
    if CodeList.objects.filter(system=system, version=details.version.strip(), state=CodeListState.ACTIVE).exists():
        raise CodeListRefused.at("version", _("This version is in use already."))
    stored = store_file(name="codes", content=content, media_type="application/octet-stream", kind=FILES)
    code_list = CodeList.objects.create(
        system=system,
        version=details.version.strip(),
        name=_shown(file_name),
        file=stored,
        created_at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    audit.record(action="crm.codelist.sent", of=code_list, by=by, changes={"version": (None, code_list.version)})
    _do_later(code_list)
    return code_list


def check_codes(*, code_list_id: UUID) -> None:
    """Find out what is wrong with a list, and what using it would change. Checked once, it is not checked again."""
    code_list = CodeList.objects.select_related("file", "system").get(pk=code_list_id)
    if code_list.state != CodeListState.CHECKING:
        return
    try:
        read = entries_of(code_list)
    except NotATable as problem:
        _refuse(code_list, problem=str(problem))
    except NoColumns:
        _refuse(code_list, problem="no-columns")
    else:
        _keep_what_was_found(code_list, read)


@transaction.atomic
def begin_loading(*, code_list: CodeList, by: Any) -> CodeList:
    """Have a list without mistakes used instead of the version before; once more, if that failed. Raises `NotNow`."""
    locked = _at_step(code_list, *TO_LOAD)
    locked.problem, locked.state = "", CodeListState.LOADING
    locked.save(update_fields=["problem", "state"])
    audit.record(action="crm.codelist.chosen", of=locked, by=by)
    _do_later(locked)
    return locked


@transaction.atomic
def give_up_checking(*, code_list_id: UUID, problem: str, **_rest: Any) -> None:
    """Say of a list that it could not be checked, for it was tried often enough."""
    _give_up(code_list_id, CodeListState.CHECKING, CodeListState.REFUSED, problem)


@transaction.atomic
def give_up_loading(*, code_list_id: UUID, problem: str, **_rest: Any) -> None:
    """Say of a list that it could not be loaded. Its file stays: it may be tried again."""
    _give_up(code_list_id, CodeListState.LOADING, CodeListState.FAILED, problem)


@transaction.atomic
def discard_code_list(*, code_list: CodeList, by: Any) -> CodeList:
    """Throw away what is not used. Raises `NotNow`."""
    locked = _at_step(code_list, *TO_DISCARD)
    forget_file(locked)
    _set_state(locked, CodeListState.DISCARDED)
    audit.record(action="crm.codelist.discarded", of=locked, by=by)
    return locked


@transaction.atomic
def end_code_system(*, system: CodeSystem, by: Any, at: datetime) -> CodeSystem:
    """Offer its codes no more. Diagnoses that were chosen from it stay; a new version brings it back."""
    locked: CodeSystem = lock_row(CodeSystem.objects.all(), system.pk)
    if locked.ended_at is None:
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        audit.record(action="crm.codesystem.ended", of=locked, by=by, changes={"ended_at": (None, at)})
    return locked


def system_for(details: ListDetails, *, by: Any) -> CodeSystem:
    """Return the system of that URI, new if there is none. Raises `CodeListRefused`."""
    name, uri = " ".join(details.name.split()), details.uri.strip()
    if not name:
        raise CodeListRefused.at("name", _("A name is needed."))
    if not details.version.strip():
        raise CodeListRefused.at("version", _("Say which version it is, such as 2026."))
    try:
        IS_URI(uri)
    except ValidationError:
        raise CodeListRefused.at("uri", _("Write it as a URI, such as http://hl7.org/fhir/sid/icd-10.")) from None
    system, is_new = CodeSystem.objects.get_or_create(uri=uri, defaults={"name": name})
    if is_new:
        audit.record(action="crm.codesystem.added", of=system, by=by, changes=audit.created(system, ["name", "uri"]))
    return system


def forget_file(code_list: CodeList) -> None:
    """Remove the file once this transaction has committed."""
    if stored := code_list.file:
        code_list.file = None
        code_list.save(update_fields=["file"])
        StoredFile.objects.filter(pk=stored.pk).delete()
        transaction.on_commit(lambda: discard(stored.key), robust=True)


def _check_size(content: bytes) -> None:
    if len(content) > settings.MOST_FILE_BYTES:
        at_most = filesizeformat(settings.MOST_FILE_BYTES)
        raise FileRefused(_("This file is larger than %(size)s.") % {"size": at_most})
    if not content.strip():
        raise FileRefused(_("This file is empty."))


@transaction.atomic
def _refuse(code_list: CodeList, *, problem: str) -> None:
    locked = _at_step(code_list, CodeListState.CHECKING)
    forget_file(locked)
    locked.problem, locked.state = problem, CodeListState.REFUSED
    locked.save(update_fields=["problem", "state"])


@transaction.atomic
def _keep_what_was_found(code_list: CodeList, read: Entries) -> None:
    locked = _at_step(code_list, CodeListState.CHECKING)
    locked.mistakes = [list(each) for each in read.mistakes]
    locked.counts = {"mistakes": read.mistaken} | _changes_of(locked, read)
    locked.state = CodeListState.REFUSED if read.mistaken else CodeListState.CHECKED
    if read.mistaken:
        forget_file(locked)
    locked.save(update_fields=["mistakes", "counts", "state"])


def _changes_of(code_list: CodeList, read: Entries) -> dict[str, int]:
    """Return how many codes there would be, and how many of them new, called otherwise, or gone."""
    known = dict(Code.objects.filter(system=code_list.system_id).values_list("code", "display"))
    changed = sum(code in known and known[code] != each.display for code, each in read.entries.items())
    total, kept = len(read.entries), len(known.keys() & read.entries.keys())
    return {"total": total, "new": total - kept, "changed": changed, "gone": len(known) - kept}


def _give_up(code_list_id: UUID, at: CodeListState, to: CodeListState, problem: str) -> None:
    locked: CodeList = lock_row(CodeList.objects.select_related("file", "system"), code_list_id)
    if locked.state != at:
        return
    if to == CodeListState.REFUSED:
        forget_file(locked)
    locked.problem, locked.state = problem[:LONGEST_PROBLEM], to
    locked.save(update_fields=["problem", "state"])
    audit.record(action="crm.codelist.failed", of=locked, by=None, changes={"state": (at, to)})


def _at_step(code_list: CodeList, *states: CodeListState) -> CodeList:
    locked: CodeList = lock_row(CodeList.objects.select_related("file", "system"), code_list.pk)
    if locked.state not in states:
        raise NotNow(_("This list is at another step by now: look at it anew."))
    return locked


def _set_state(code_list: CodeList, state: CodeListState) -> None:
    code_list.state = state
    code_list.save(update_fields=["state"])


def _do_later(code_list: CodeList) -> None:
    publish(CodeListWaits(code_list_id=code_list.pk, state=code_list.state))


def _shown(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in plain if sign.isprintable())[:LONGEST_NAME] or "codes"
