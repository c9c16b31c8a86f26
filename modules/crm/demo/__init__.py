"""Patients, animals with their owners, and customers who could be real, and are not."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typst
from PIL import Image, ImageDraw, ImageFilter

from audit import recording as audit
from modules.crm.demo.clinical import seed_clinical
from modules.crm.demo.contacts import seed_contacts
from modules.crm.demo.erased import seed_erased
from modules.crm.demo.forms_filled import ask_for_forms
from modules.crm.demo.marked import seed_marks
from modules.crm.demo.names import ANIMALS, COLOURS, FIRST, LAST, PLACES, SCALES, STREETS
from modules.crm.demo.portal import seed_portal, stay_out_of_statistics
from modules.crm.demo.twice import seed_twice
from modules.crm.domain.drawings import Strokes, write_strokes
from modules.crm.models import CARE, Client, ConsentText, Gender, InvolvementRole, Note, Patient, Relation, Visibility
from modules.crm.models import Paper as DocumentType
from modules.crm.selectors import colleagues_who_treat
from modules.crm.services import (
    Before,
    ContactDetails,
    DocumentDetails,
    Evidence,
    Paper,
    Part,
    PatientDetails,
    Signer,
    TemplateDetails,
    Upload,
    Written,
    add_document,
    add_template,
    amend_note,
    begin_note,
    draw_preview,
    end_access,
    involve,
    note_paper,
    open_in_emergency,
    register_patient,
    save_draft,
    save_phrase,
    save_search,
    scan_version,
    set_discipline,
    share_record,
    sign_consent,
    sign_note,
    take_into_care,
    weigh,
    withdraw_consent,
)
from modules.crm.services.plans import GoalDetails, PlanDetails, note_progress, write_plan

if TYPE_CHECKING:
    from tenants.demo import Stage

WRITTEN = (
    ({"subjective": "Rang: sore on Monday evening, better the day after.", "plan": "Go on as agreed."}, "ALL"),
    ({"assessment": "Says less than there is, I think. Ask again alone."}, "MINE"),
    ({"subjective": "Asks whether swimming is all right."}, "ALL"),
)
FIRST_VISIT = TemplateDetails(
    name="First visit",
    parts=[
        ("Why they come", "In their own words; since when, what makes it better or worse"),
        ("History", "Illnesses, operations, medicines, allergies"),
        ("Findings", ""),
        ("What was agreed", "What is done next, by whom, until when"),
    ],
)
PHRASES = (
    ("nad", "Nothing abnormal found.", True),
    ("exp", "Explained what was found, what can be done and what it may bring; all questions answered.", True),
    ("home", "Exercises for home shown and tried; twice a day until the next visit.", False),
)
DISCIPLINES = {
    "clinic": {"owner": "Physiotherapy", "practitioner": "Physiotherapy", "practitioner2": "Sports therapy"},
    "vet": {"owner": "Small animals", "practitioner": "Small animals", "practitioner2": "Surgery"},
}
PEOPLE = 32


def seed(stage: Stage) -> None:
    """Register about thirty people; in a vet practice each of them brings an animal."""
    began = stage.now - timedelta(weeks=5)
    registered = [_register(stage, number, at=began) for number in range(PEOPLE)]
    if stage.tenant.vertical == "vet":
        _weigh(stage, registered)
    _involve(stage, registered)
    seed_contacts(stage, registered)
    _look_at(stage, registered)
    _agree(stage, registered, at=began)
    if "practitioner2" in stage.people:
        _hand_around(stage, registered)
    _file_papers(stage, registered)
    seed_clinical(stage, registered)
    save_search(name="Owes something", query="balance=owes", is_shared=True, by=stage.people["owner"])
    save_search(
        name="No visit to come", query="state=active&visits=none", is_shared=False, by=stage.people["reception"]
    )
    ask_for_forms(stage, registered)
    stay_out_of_statistics(stage, registered[4:6])
    if stage.tenant.vertical == "clinic":
        _plan(stage, registered[0], at=began)
        seed_portal(stage, registered[0])
        seed_twice(stage, registered)
        seed_erased(stage, at=began)
    seed_marks(stage, registered)


def _plan(stage: Stage, patient: Patient, *, at: datetime) -> None:
    """Have the patient of the portal follow a plan that was shared, with one goal on its way."""
    treats, began = stage.people["practitioner"], at.date()
    take_into_care(patient=patient, user_id=treats.pk, reason="first visit", by=stage.people["reception"], at=at)
    goals = [
        GoalDetails(text="Reach the top shelf", target="Flexion 160 degrees", due_on=began + timedelta(weeks=10)),
        GoalDetails(text="Sleep on the left side again"),
    ]
    details = PlanDetails(
        title="Shoulder, after the fall",
        text="Mobility first, then strength. What is done at home is shown at each visit.",
        frequency="Once a week",
        sessions=8,
        starts_on=began,
        review_on=began + timedelta(weeks=8),
        shared=True,
        goals=goals,
    )
    plan = write_plan(patient=patient, details=details, by=treats, at=at)
    goal = plan.goals.order_by("position")[0]
    later = stage.now - timedelta(days=5)
    note_progress(goal=goal, state="active", text="135 degrees, and less pain.", by=treats, at=later)


def _weigh(stage: Stage, animals: list[Patient]) -> None:
    """Have some grow up on the scales, and some come down from what the holidays left."""
    for animal in animals[:: len(animals) // 8]:
        grams = SCALES[animal.species] * stage.chance.randint(70, 90) // 100
        for weeks in range(30, 0, -5):
            when = stage.now - timedelta(weeks=weeks, days=stage.chance.randint(0, 6))
            weight = f"{grams // 10 * 10} g"
            weigh(patient=animal, weight=weight, measured_at=when, by=stage.people["reception"], at=stage.now)
            grams = grams * stage.chance.randint(98, 109) // 100


def _involve(stage: Stage, patients: list[Patient]) -> None:
    """Have one dog owned by two, and a child with a guardian, for whom an insurer pays."""
    desk, began = stage.people["reception"], stage.now - timedelta(weeks=4)

    def add(patient: Patient, role: InvolvementRole, who: Client | ContactDetails, share: int | None = None) -> None:
        known, contact = (who.pk, None) if isinstance(who, Client) else (None, who)
        part = Part(role=role, since=began.date(), share=None if share is None else Decimal(share))
        involve(patient=patient, client_id=known, contact=contact, part=part, by=desk, at=stage.now)

    if stage.tenant.vertical == "vet":
        first, partner = patients[0], patients[2].client
        add(first, InvolvementRole.OWNER, first.client, 60)
        add(first, InvolvementRole.OWNER, partner, 40)
        add(first, InvolvementRole.AUTHORISER, partner)
        second = PatientDetails(first_name="Tansy", species="Cat", breed="Domestic shorthair", gender=Gender.FEMALE)
        register_patient(patient=second, contact=None, client_id=first.client_id, by=desk, at=began)
    if stage.tenant.vertical == "clinic":
        child = register_patient(
            patient=PatientDetails(first_name="Noor", last_name=LAST[1], birth_date=date(stage.now.year - 9, 4, 12)),
            contact=None,
            client_id=patients[1].client_id,
            by=desk,
            at=began,
        )
        add(child, InvolvementRole.GUARDIAN, patients[1].client)
        add(child, InvolvementRole.EMERGENCY, patients[2].client)
        insurer = ContactDetails(organisation="Calder Mutual", first_name="Claims desk", phone="+442079460990")
        add(child, InvolvementRole.PAYER, insurer)
        born = date(stage.now.year - 11, 9, 3)
        son = PatientDetails(first_name="Finn", last_name=LAST[0], birth_date=born, gender=Gender.MALE)
        register_patient(patient=son, contact=None, client_id=patients[0].client_id, by=desk, at=began)


def _look_at(stage: Stage, patients: list[Patient]) -> None:
    """Leave in the log what opening records does: whoever signs in as a patient finds who looked at theirs."""
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=stage.people["reception"])
    audit.viewed(of=patients[0], by=stage.people["reception"])
    audit.viewed(of=patients[0], by=stage.people["owner"], how="viewed_care")


def _agree(stage: Stage, patients: list[Patient], *, at: datetime) -> None:
    """Have most people sign what they are asked, some of them on paper; a few have not yet, and one takes it back."""
    desk, texts = stage.people["reception"], list(ConsentText.objects.current().select_related("kind"))
    for number, patient in enumerate(patients):
        for text in texts[: 0 if number % 6 == 2 else 1 if number % 9 == 4 else len(texts)]:
            who: dict[str, Any] = {"patient": patient, "text": text, "signer": _signer(patient), "by": desk, "at": at}
            if number % 5 == 1:
                note_paper(**who, paper=Paper(signed_on=at.date(), witness=str(desk)))
            else:
                drawing = write_strokes(_scribble(stage, patient.client.name))
                sign_consent(**who, evidence=Evidence(digest=text.digest, drawing=drawing, ip="203.0.113.7"))
    if texts:
        patient, kind, later = patients[6], texts[-1].kind, at + timedelta(weeks=2)
        withdraw_consent(
            patient=patient, kind=kind, signer=_signer(patient), reason="changed their mind", by=desk, at=later
        )


def _file_papers(stage: Stage, patients: list[Patient]) -> None:
    """File a letter, a picture and a report for those who treat only, and look into each at once."""
    desk, letter = stage.people["reception"], _letter(stage, patients[0])
    filed = [
        (patients[0], desk, "Referral from the family doctor", DocumentType.REFERRAL, Visibility.SHARED, letter),
        (patients[0], desk, "Exercise sheet, filled in", DocumentType.IMAGE, Visibility.SHARED, _picture(stage)),
        (patients[5], desk, "Letter of the insurance", DocumentType.INSURANCE, Visibility.STAFF, letter),
    ]
    if "practitioner2" in stage.people:
        treats = stage.people["practitioner"]  # has the second one in their care (`_hand_around`)
        filed.append((patients[1], treats, "Report", DocumentType.REPORT, Visibility.CLINICIANS, letter))
    for number, (patient, by, title, kind, visibility, content) in enumerate(filed):
        at = stage.now - timedelta(days=9 - 2 * number)
        details = DocumentDetails(title=title, dated=at.date(), kind=kind, visibility=visibility)
        upload = Upload(name=f"{title}.file", content=content)
        version = add_document(patient=patient, details=details, upload=upload, by=by, at=at).latest
        scan_version(version_id=version.pk, at=at)
        draw_preview(version_id=version.pk)


def _letter(stage: Stage, patient: Patient) -> bytes:
    """Return a page as a PDF that a colleague could have sent."""
    source = f"""#set page(paper: "a5", margin: 2cm)
#set text(size: 11pt)
*Mill Street Surgery* \\ 14 Mill Street #v(1.2cm) To {stage.tenant.name} #v(0.6cm)
*About {patient.name}* #v(0.3cm)
Dear colleagues, thank you for seeing our patient. The complaints began about six weeks ago, after a fall on the
stairs. There is no sign of anything broken. We would be grateful for your assessment and treatment. #v(0.8cm)
With kind regards #v(0.8cm) Dr P. Lindgren"""
    return bytes(typst.compile(source.encode()))


def _picture(stage: Stage) -> bytes:
    """Return a picture as a telephone might take it: a folded sheet on a table, a little out of focus."""
    picture = Image.new("RGB", (1200, 1600), (134, 108, 84))
    drawing = ImageDraw.Draw(picture)
    drawing.polygon([(170, 210), (1010, 160), (1060, 1400), (220, 1450)], fill=(246, 244, 238))
    for line in range(18):
        y = 330 + line * 56
        drawing.line([(290, y), (930 - stage.chance.randint(0, 220), y - 18)], fill=(90, 94, 104), width=7)
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(2)).save(out, "JPEG", quality=85)
    return out.getvalue()


def _signer(patient: Patient) -> Signer:
    return Signer(name=patient.client.name, relation=Relation.OWNER if patient.is_animal else Relation.SELF)


def _scribble(stage: Stage, name: str) -> Strokes:
    """Return a wavy line for each part of a name: nobody's signature."""
    strokes, x = [], 40
    for part in name.split()[:2]:
        stroke: list[int] = []
        for _letter in part[:8]:
            for rise in (0, -stage.chance.randint(20, 70), stage.chance.randint(0, 25)):
                stroke += [x, 110 + rise]
                x += stage.chance.randint(7, 12)
        strokes.append(stroke)
        x += 24
    return strokes


def _register(stage: Stage, number: int, *, at: datetime) -> Patient:
    contact = _contact(stage, number)
    patient = _animal(stage, number) if stage.tenant.vertical == "vet" else _person(stage, number, contact)
    return register_patient(patient=patient, contact=contact, by=stage.people["reception"], at=at)


def _hand_around(stage: Stage, patients: list[Patient]) -> None:
    """Share one record, hand one patient over, and open two records in an emergency, one of them a few minutes ago."""
    desk, first, second = (stage.people[each] for each in ("reception", "practitioner", "practitioner2"))
    weeks_ago, days_ago = stage.now - timedelta(weeks=3), stage.now - timedelta(days=2)
    members = {each.user_id: each.member_id for each in colleagues_who_treat()}
    shared, handed_over, fainted = patients[1:4]
    for patient, account in ((shared, first), (handed_over, second), (fainted, second)):
        take_into_care(patient=patient, user_id=account.pk, reason="first visit", by=desk, at=weeks_ago)
    share_record(
        patient=shared,
        member_id=members[second.pk],
        reason="second opinion",
        until=stage.now + timedelta(days=14),
        by=first,
        at=days_ago,
    )
    end_access(
        patient=handed_over,
        user_id=second.pk,
        kind=CARE,
        reason="works Tuesdays only from now on",
        to=members[first.pk],
        by=second,
        at=days_ago,
    )
    _write_notes(stage, shared, by=first, at=days_ago)
    open_in_emergency(patient=patients[0], reason="Called from the car park, short of breath", by=second, at=weeks_ago)
    open_in_emergency(
        patient=fainted,
        reason="Fainted in the waiting room, looking for medication",
        by=first,
        at=stage.now - timedelta(minutes=4),
    )


def _write_notes(stage: Stage, patient: Patient, *, by: Any, at: datetime) -> None:
    """Have a telephone call noted, signed and put right; a thought that only its author reads; and a draft."""
    members = {each.user_id: each.member_id for each in colleagues_who_treat()}
    for key, name in DISCIPLINES[stage.tenant.vertical].items():
        set_discipline(member_id=members[stage.people[key].pk], name=name, by=stage.people["owner"])
    _set_up_notes(stage, by=by, at=at)
    written = [
        _written(patient, at=at + timedelta(hours=number), by=by, sections=sections, level=level)
        for number, (sections, level) in enumerate(WRITTEN)
    ]
    signed = sign_note(note=written[0], by=by, at=at)
    amend_note(note=signed, text="It was Tuesday, not Monday.", reason="Wrong day", by=by, at=at)


def _set_up_notes(stage: Stage, *, by: Any, at: datetime) -> None:
    add_template(details=FIRST_VISIT, by=stage.people["owner"], at=at)
    for word, text, is_shared in PHRASES:
        save_phrase(word=word, text=text, is_shared=is_shared, by=stage.people["owner"] if is_shared else by)


def _written(patient: Patient, *, sections: dict[str, str], level: str, by: Any, at: datetime) -> Note:
    note = begin_note(patient=patient, by=by, at=at)
    written, before = Written(sections=sections, level=level), Before(seen=note.seen)
    return save_draft(note=note, written=written, before=before, by=by, at=at)


def _contact(stage: Stage, number: int) -> ContactDetails:
    """The first one is whoever signs in as the patient."""
    patient = stage.people.get("patient")
    if number == 0 and patient is not None:
        first, _, last = patient.name.partition(" ")
        email = patient.email
    else:
        first, last = FIRST[number], LAST[number]
        email = f"{first}.{last}@mail.example".lower()
    street = f"{stage.chance.randint(2, 140)} {stage.chance.choice(STREETS)}"
    phone = f"+4420794600{number:02d}"  # numbers that are kept for drama (Ofcom)
    region, district = PLACES[stage.practice.city]
    return ContactDetails(
        first_name=first,
        last_name=last,
        email=email,
        phone=phone,
        street=street,
        postal_code=stage.practice.postal_code,
        city=stage.practice.city,
        region=region,
        district=district,
    )


def _person(stage: Stage, number: int, contact: ContactDetails) -> PatientDetails:
    born = date(stage.chance.randint(1941, 2009), stage.chance.randint(1, 12), stage.chance.randint(1, 28))
    return PatientDetails(first_name=contact.first_name, last_name=contact.last_name, birth_date=born)


def _animal(stage: Stage, number: int) -> PatientDetails:
    name, species, breed = ANIMALS[number % len(ANIMALS)]
    born = stage.now.date() - timedelta(days=stage.chance.randint(120, 4500))
    return PatientDetails(
        first_name=name,
        birth_date=born,
        species=species,
        breed=breed,
        gender=stage.chance.choice([Gender.FEMALE, Gender.MALE]),
        neutered=stage.chance.choice([True, True, False, None]),
        microchip=f"8260981{number:08d}" if species in ("Dog", "Cat") else "",
        colour=COLOURS[number % len(COLOURS)],
    )
