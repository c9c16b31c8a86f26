"""Short lists of our own, in plain words, to begin with. They are no extract of any classification."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.codes.entries import Entry

VERSION = "1"


@dataclass(frozen=True, slots=True)
class Starter:
    """`reasons` are codes with what they mean, and with further words that people use."""

    name: Promise
    uri: str
    reasons: tuple[tuple[str, Promise, str], ...]

    def entries(self) -> list[Entry]:
        """Return them in the language that is in force."""
        return [Entry(code, str(display), also.split("|")) for code, display, also in self.reasons]


MUSCULOSKELETAL = Starter(
    _("Reasons for physiotherapy"),
    "urn:atrium:reasons:physiotherapy",
    (
        ("NECK-PAIN", _("Neck pain"), "cervical|stiff neck"),
        ("NECK-ARM", _("Neck pain that goes into the arm"), "cervical nerve root|radiating"),
        ("HEADACHE-NECK", _("Headache that comes from the neck"), "cervicogenic"),
        ("JAW-PAIN", _("Jaw pain"), "temporomandibular|TMJ"),
        ("WHIPLASH", _("Whiplash"), "car accident"),
        ("UPPER-BACK", _("Pain in the upper back"), "thoracic|between the shoulder blades"),
        ("LOW-BACK", _("Low back pain"), "lumbar|lumbago|backache"),
        ("LOW-BACK-LEG", _("Low back pain that goes into the leg"), "sciatica|disc|radiating"),
        ("PELVIS-PAIN", _("Pain in the pelvis or the sacroiliac joint"), "SIJ"),
        ("SHOULDER-PAIN", _("Shoulder pain"), "impingement"),
        ("SHOULDER-CUFF", _("Shoulder: trouble with the rotator cuff"), "tendon|tear|supraspinatus"),
        ("SHOULDER-STIFF", _("Frozen shoulder"), "adhesive capsulitis|stiff"),
        ("SHOULDER-LUXATION", _("Shoulder that came out of joint"), "dislocation|instability"),
        ("ELBOW-OUTER", _("Pain at the outer elbow"), "tennis elbow|epicondylitis"),
        ("ELBOW-INNER", _("Pain at the inner elbow"), "golfer's elbow"),
        ("WRIST-HAND", _("Pain in the wrist or the hand"), "carpal tunnel|thumb"),
        ("HIP-PAIN", _("Hip pain"), "trochanteric|groin"),
        ("HIP-ARTHROSIS", _("Worn hip"), "osteoarthritis|arthrosis|coxarthrosis"),
        ("HIP-REPLACED", _("After a hip replacement"), "endoprosthesis|THR"),
        ("KNEE-PAIN", _("Knee pain"), "patellofemoral|kneecap"),
        ("KNEE-ARTHROSIS", _("Worn knee"), "osteoarthritis|arthrosis|gonarthrosis"),
        ("KNEE-LIGAMENT", _("Knee: injured ligament"), "ACL|cruciate|collateral"),
        ("KNEE-MENISCUS", _("Knee: injured meniscus"), "tear"),
        ("KNEE-REPLACED", _("After a knee replacement"), "endoprosthesis|TKR"),
        ("ANKLE-SPRAIN", _("Sprained ankle"), "twisted|ligament"),
        ("ACHILLES", _("Pain in the Achilles tendon"), "tendinopathy|calf"),
        ("HEEL-PAIN", _("Heel pain"), "plantar fasciitis|foot"),
        ("MUSCLE-STRAIN", _("Strained muscle"), "tear|hamstring|calf"),
        ("FRACTURE-AFTER", _("After a broken bone"), "fracture|rehabilitation"),
        ("OPERATION-AFTER", _("After an operation on joint or spine"), "surgery|postoperative"),
        ("STROKE-AFTER", _("After a stroke"), "hemiparesis|neurological"),
        ("BALANCE", _("Unsteady, or afraid of falling"), "falls|dizziness|vertigo"),
    ),
)  # fmt: skip
VETERINARY = Starter(
    _("Reasons for a visit to the vet"),
    "urn:atrium:reasons:veterinary",
    (
        ("CHECK-UP", _("Healthy: check-up"), "examination|wellness"),
        ("VACCINATION", _("Healthy: vaccination"), "booster"),
        ("NEUTERING", _("Neutering"), "castration|spay"),
        ("VOMITING", _("Vomiting"), "sick|emesis"),
        ("DIARRHOEA", _("Diarrhoea"), "loose stool|diarrhea"),
        ("NOT-EATING", _("Does not eat"), "anorexia|inappetence"),
        ("SWALLOWED", _("Swallowed something"), "foreign body|toy"),
        ("POISONING", _("Poisoned, or may be"), "toxin|chocolate|bait"),
        ("CONSTIPATION", _("Constipation"), "obstipation"),
        ("ITCHING", _("Itches"), "pruritus|scratching|allergy"),
        ("EAR", _("Sore ear"), "otitis|ear mites"),
        ("SKIN-WOUND", _("Wound of the skin"), "bite|cut|laceration"),
        ("ABSCESS", _("Abscess"), "swelling|pus"),
        ("LUMP", _("Lump"), "tumour|mass|neoplasia"),
        ("FLEAS-TICKS", _("Fleas, ticks or mites"), "parasites"),
        ("WORMS", _("Worms"), "parasites|deworming"),
        ("LAMENESS", _("Lameness"), "limping|leg"),
        ("ARTHROSIS", _("Worn joints"), "osteoarthritis|stiff|old"),
        ("HIP-DYSPLASIA", _("Hip dysplasia"), "joint"),
        ("CRUCIATE", _("Torn cruciate ligament"), "knee|stifle"),
        ("FRACTURE", _("Broken bone"), "fracture|accident"),
        ("TEETH", _("Bad teeth or gums"), "dental|tartar|gingivitis"),
        ("EYE", _("Sore eye"), "conjunctivitis|cornea"),
        ("COUGH", _("Coughs"), "kennel cough|bronchitis"),
        ("BREATHING", _("Trouble with breathing"), "dyspnoea|asthma"),
        ("HEART", _("Heart disease"), "murmur|failure"),
        ("BLADDER", _("Bladder or urine"), "cystitis|blocked|stones"),
        ("KIDNEYS", _("Kidney disease"), "renal|CKD"),
        ("DIABETES", _("Diabetes"), "sugar|mellitus"),
        ("THYROID", _("Thyroid disease"), "hyperthyroid|hypothyroid"),
        ("SEIZURE", _("Seizure"), "fit|epilepsy"),
        ("OVERWEIGHT", _("Overweight"), "obesity|diet"),
        ("BIRTH", _("Birth, or trouble with it"), "whelping|dystocia"),
        ("BEHAVIOUR", _("Trouble with behaviour"), "anxiety|aggression"),
    ),
)  # fmt: skip
STARTERS: dict[str, Starter] = {"clinic": MUSCULOSKELETAL, "vet": VETERINARY}
