"""What the people module keeps of a person, kind by kind, for whoever erases them: see `domain/erasing.py`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from modules.crm.domain.erasing import Declared, Nothing, Personal, Term
from modules.crm.models import HEALTH, Gender

CONTACT = {
    "user_id": None,
    "claimed_at": None,
    "email": "",
    "phone": "",
    "street": "",
    "postal_code": "",
    "city": "",
    "region": "",
    "district": "",
    "country": "",
    "tax_code": "",
    "tax_code_digest": "",
}
NAMES = {"first_name": "", "last_name": ""}
NUMBERS = {"tax_code": "", "tax_code_digest": "", "alert": ""}

PERSONAL: Declared = (
    Personal(
        model="crm.Patient",
        label=_("The record itself: name, date of birth"),
        patient=("pk",),
        deletes=False,
        at_once=NUMBERS,
        blanks=NUMBERS
        | NAMES
        | {
            "preferred_name": "",
            "birth_date": None,
            "gender": Gender.UNKNOWN,
            "breed": "",
            "neutered": None,
            "microchip": "",
            "colour": "",
            "died_on": None,
        },
        stays=("species",),
    ),
    Personal(
        model="crm.Client",
        label=_("Contact details: name, address, phone, e-mail"),
        client=("pk",),
        deletes=False,
        at_once=CONTACT,
        blanks=CONTACT | NAMES | {"organisation": ""},
    ),
    Personal(model="crm.SearchKey", label=_("What they are found by"), patient=("patient_id",)),
    Personal(model="crm.ContactPoint", label=_("Further phones and e-mails"), client=("client_id",)),
    Personal(
        model="crm.IdentityDocument",
        label=_("Identity documents"),
        patient=("patient_id",),
        client=("client_id",),
    ),
    Personal(model="crm.Coverage", label=_("Insurances"), patient=("patient_id",), client=("payer_id",)),
    Personal(model="crm.Involvement", label=_("Who answers for whom"), patient=("patient_id",), client=("client_id",)),
    Personal(model="crm.PatientGrant", label=_("In whose care, and shared with whom"), patient=("content_object_id",)),
    Personal(model="access.Member", label=_("Their way into the portal"), account="user_id", only={"role": "patient"}),
    Personal(
        model="notify.Message",
        label=_("Mails sent, and that wait"),
        patient=("person_id",),
        client=("person_id",),
    ),
    Personal(
        model="crm.ImportedRow",
        label=_("Rows of files they came from"),
        patient=("patient_id", "matched_id"),
        client=("client_id",),
    ),
    Personal(model="crm.DuplicatePair", label=_("Who they were taken for"), patient=("one_id", "other_id")),
    Personal(model="crm.Merge", label=_("Merges of their records"), patient=("patient_id",), client=("client_id",)),
    Personal(
        model="crm.Move",
        label=_("What went along in merges"),
        patient=("merge__patient_id",),
        client=("merge__client_id",),
    ),
    Personal(model="crm.FormDraft", label=_("Forms begun"), patient=("asked__patient_id",)),
    Personal(
        model="crm.Flag",
        label=_("Flags about behaviour and payment"),
        patient=("patient_id",),
        only={"category__in": ("BEHAVIOUR", "ADMINISTRATIVE")},
    ),
    Personal(
        model="crm.Flag",
        label=_("Flags about health"),
        patient=("patient_id",),
        only={"category__in": tuple(sorted(HEALTH))},
        term=Term.CLINICAL,
        day="since",
    ),
    Personal(model="crm.Note", label=_("Notes"), patient=("patient_id",), term=Term.CLINICAL, day="written_at"),
    Personal(model="crm.NoteDraft", label=_("Notes not finished"), patient=("note__patient_id",), term=Term.CLINICAL),
    Personal(model="crm.NoteAmendment", label=_("Amendments"), patient=("note__patient_id",), term=Term.CLINICAL),
    Personal(
        model="crm.EpisodeOfCare",
        label=_("Episodes of care"),
        patient=("patient_id",),
        term=Term.CLINICAL,
        day="opened_at",
    ),
    Personal(
        model="crm.TreatmentPlan",
        label=_("Treatment plans"),
        patient=("patient_id",),
        term=Term.CLINICAL,
        day="changed_at",
    ),
    Personal(model="crm.Goal", label=_("Goals"), patient=("plan__patient_id",), term=Term.CLINICAL),
    Personal(
        model="crm.GoalNote", label=_("How far goals are"), patient=("goal__plan__patient_id",), term=Term.CLINICAL
    ),
    Personal(
        model="crm.ExerciseSheet",
        label=_("Exercises for at home"),
        patient=("patient_id",),
        term=Term.CLINICAL,
        day="since",
    ),
    Personal(
        model="crm.SheetVersion",
        label=_("Exercises as they were given"),
        patient=("sheet__patient_id",),
        term=Term.CLINICAL,
    ),
    Personal(
        model="crm.SheetItem",
        label=_("Amounts of exercises"),
        patient=("version__sheet__patient_id",),
        term=Term.CLINICAL,
    ),
    Personal(
        model="crm.ExerciseDay",
        label=_("Exercises done"),
        patient=("sheet__patient_id",),
        term=Term.CLINICAL,
        day="day",
    ),
    Personal(
        model="crm.Diagnosis", label=_("Diagnoses"), patient=("patient_id",), term=Term.CLINICAL, day="recorded_at"
    ),
    Personal(model="crm.Measurement", label=_("Measures"), patient=("patient_id",), term=Term.CLINICAL, day="at"),
    Personal(
        model="crm.Correction",
        label=_("Corrections of details asked for"),
        patient=("patient_id",),
        only={"note__isnull": True},
    ),
    Personal(
        model="crm.Correction",
        label=_("Corrections of notes asked for"),
        patient=("patient_id",),
        only={"note__isnull": False},
        term=Term.CLINICAL,
        day="asked_at",
    ),
    Personal(model="crm.Weight", label=_("Weights"), patient=("patient_id",), term=Term.CLINICAL, day="measured_at"),
    Personal(model="crm.Consent", label=_("Agreements"), patient=("patient_id",), term=Term.CLINICAL, day="at"),
    Personal(
        model="crm.Document",
        label=_("Documents"),
        patient=("patient_id",),
        term=Term.CLINICAL,
        day="created_at",
    ),
    Personal(
        model="crm.DocumentVersion",
        label=_("Files of documents"),
        patient=("document__patient_id",),
        term=Term.CLINICAL,
        files=("file_id", "preview_id"),
    ),
    Personal(
        model="crm.OwnCopy",
        label=_("Copies of their data"),
        patient=("patient_id",),
        client=("client_id",),
        files=("file_id",),
    ),
    Personal(model="crm.StatisticsChoice", label=_("Answers about statistics"), patient=("patient_id",)),
    Personal(model="crm.AskedForm", label=_("Forms asked for"), patient=("patient_id",), term=Term.CLINICAL),
    Personal(model="crm.FilledForm", label=_("Forms filled in"), patient=("patient_id",), term=Term.CLINICAL, day="at"),
    Personal(model="crm.FormReview", label=_("Reviews of forms"), patient=("filled__patient_id",), term=Term.CLINICAL),
    Nothing("audit.AuditEntry", "Emptied by the log itself, which keeps its chain (audit.redacting)."),
)
