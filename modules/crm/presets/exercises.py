"""The exercises that a new workspace begins with, in plain words that whoever treats makes their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from modules.crm.models import BodyRegion, Exercise, ExerciseVersion
from tenants.opening import Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    name: Any
    region: BodyRegion
    steps: Any
    sets: int | None = None
    repetitions: int | None = None
    hold_seconds: int | None = None
    times_per_week: int = 7
    equipment: Any = ""
    cautions: Any = ""


CLINIC = (
    Usual(
        name=_("Chin tuck"),
        region=BodyRegion.NECK,
        steps=_(
            "Sit upright, with both feet on the floor, and look straight ahead.\n"
            "Slide your chin back, as if to make a double chin. Do not look down.\n"
            "Feel the back of your neck grow long, then let go slowly."
        ),
        sets=2,
        repetitions=10,
        hold_seconds=5,
        cautions=_("Stop if you feel dizzy, or if your arm tingles."),
    ),
    Usual(
        name=_("Neck rotation"),
        region=BodyRegion.NECK,
        steps=_(
            "Sit upright and let your shoulders hang.\n"
            "Turn your head slowly to one side, as far as it goes without pain.\n"
            "Stay for a breath, come back to the middle, and turn to the other side."
        ),
        repetitions=8,
        cautions=_("Stop if you feel dizzy."),
    ),
    Usual(
        name=_("Table slide"),
        region=BodyRegion.SHOULDER,
        steps=_(
            "Sit at a table with your forearm on a towel.\n"
            "Slide the towel forwards and lean with it until you feel a stretch in your shoulder.\n"
            "Slide back just as slowly."
        ),
        sets=2,
        repetitions=10,
        equipment=_("A table and a towel"),
    ),
    Usual(
        name=_("Turning the arm out with a band"),
        region=BodyRegion.SHOULDER,
        steps=_(
            "Fix the band at the height of your elbow and stand side-on to it.\n"
            "Hold the band in the hand that is further away, the elbow bent and close to your body.\n"
            "Turn your forearm outwards without moving the elbow away.\n"
            "Come back slowly. A folded towel under the arm helps to keep the elbow where it is."
        ),
        sets=3,
        repetitions=12,
        times_per_week=4,
        equipment=_("An elastic band"),
        cautions=_("It may feel tired. It should not be sharp."),
    ),
    Usual(
        name=_("Wall push-up"),
        region=BodyRegion.ARM,
        steps=_(
            "Stand an arm's length from a wall, your hands on it at the height of your shoulders.\n"
            "Bend your elbows and bring your chest to the wall, your body straight as a board.\n"
            "Push yourself away again."
        ),
        sets=3,
        repetitions=10,
        times_per_week=4,
    ),
    Usual(
        name=_("Cat and cow"),
        region=BodyRegion.BACK,
        steps=_(
            "Go down on your hands and knees, hands below shoulders and knees below hips.\n"
            "Breathe out and round your back towards the ceiling, your chin to your chest.\n"
            "Breathe in, let your belly sink and lift your head."
        ),
        repetitions=10,
        equipment=_("A mat or a carpet"),
    ),
    Usual(
        name=_("Bridge"),
        region=BodyRegion.BACK,
        steps=_(
            "Lie on your back with your knees bent and your feet flat on the floor.\n"
            "Tighten your belly and your buttocks and lift your hips until shoulder, hip and knee are in line.\n"
            "Stay there and go on breathing, then come down slowly."
        ),
        sets=3,
        repetitions=10,
        hold_seconds=5,
        times_per_week=4,
    ),
    Usual(
        name=_("Opposite arm and leg"),
        region=BodyRegion.BACK,
        steps=_(
            "Go down on your hands and knees and tighten your belly.\n"
            "Stretch one arm forwards and the other leg backwards, no higher than your back.\n"
            "Keep your hips level. Come back and change sides."
        ),
        sets=2,
        repetitions=8,
        hold_seconds=5,
        times_per_week=4,
    ),
    Usual(
        name=_("Clam"),
        region=BodyRegion.HIP,
        steps=_(
            "Lie on your side, hips and knees bent, one foot upon the other.\n"
            "Keep your feet together and lift the upper knee, without letting your hip roll back.\n"
            "Lower the knee slowly."
        ),
        sets=3,
        repetitions=12,
        times_per_week=4,
    ),
    Usual(
        name=_("Sitting down and standing up"),
        region=BodyRegion.KNEE,
        steps=_(
            "Sit on the front half of a chair, your feet a little behind your knees.\n"
            "Lean forwards and stand up without your hands, knees in line with your toes.\n"
            "Sit down as slowly as you can."
        ),
        sets=3,
        repetitions=10,
        times_per_week=5,
        equipment=_("A chair that does not slide"),
        cautions=_("Have something at hand to hold on to if you feel unsteady."),
    ),
    Usual(
        name=_("Straight leg raise"),
        region=BodyRegion.KNEE,
        steps=_(
            "Lie on your back, one knee bent and the other leg straight.\n"
            "Pull the toes of the straight leg towards you and tighten the thigh.\n"
            "Lift it as high as the other knee, and lower it slowly."
        ),
        sets=3,
        repetitions=10,
        hold_seconds=3,
    ),
    Usual(
        name=_("Heel raise"),
        region=BodyRegion.FOOT,
        steps=_(
            "Stand with your fingertips on a wall or a table.\n"
            "Rise on to your toes as high as you can, with your weight over the big toes.\n"
            "Come down slowly, counting to three."
        ),
        sets=3,
        repetitions=12,
        times_per_week=5,
        cautions=_("A dull ache while you do it is fine if it is gone the next morning."),
    ),
)
DOGS = (
    Usual(
        name=_("Slow walk on the lead"),
        region=BodyRegion.WHOLE,
        steps=_(
            "Keep the lead short, and walk so slowly that each foot is set down by itself.\n"
            "Begin with five minutes on level ground, three times a day.\n"
            "Turn back before your dog is tired."
        ),
        equipment=_("A short lead and a harness"),
        cautions=_("No running, no stairs, no jumping into the car."),
    ),
    Usual(
        name=_("From sitting to standing"),
        region=BodyRegion.HIND,
        steps=_(
            "Have your dog sit straight, both hind legs tucked in, on a floor that is not slippery.\n"
            "Lead the nose forwards and up with a treat until it stands.\n"
            "Let it stand for a moment, then ask for the next sit."
        ),
        sets=2,
        repetitions=5,
        equipment=_("Treats, a mat"),
        cautions=_("Stop if a leg slides out to the side."),
    ),
    Usual(
        name=_("Biscuits to the hip"),
        region=BodyRegion.BACK,
        steps=_(
            "Stand beside your dog while it stands.\n"
            "Lead its nose with a treat slowly back to the shoulder, then to the hip, without its feet moving.\n"
            "Hold, give the treat, and do the other side."
        ),
        repetitions=5,
        hold_seconds=5,
        equipment=_("Treats"),
    ),
    Usual(
        name=_("Shifting the weight"),
        region=BodyRegion.WHOLE,
        steps=_(
            "Have your dog stand square on a mat.\n"
            "Press gently against one hip until you feel it push back, and let go before it steps away.\n"
            "Do the same at the other hip and at each shoulder."
        ),
        sets=2,
        repetitions=5,
        hold_seconds=3,
    ),
    Usual(
        name=_("Over low poles"),
        region=BodyRegion.FORE,
        steps=_(
            "Lay four broomsticks on the floor, as far apart as your dog is long from shoulder to hip.\n"
            "Walk over them slowly, with your dog on the lead, so that it lifts each foot.\n"
            "Turn in a wide curve and walk back."
        ),
        repetitions=5,
        times_per_week=5,
        equipment=_("Four poles"),
        cautions=_("Walk, never trot. On the floor, not higher, until we have seen it."),
    ),
    Usual(
        name=_("Front feet on a step"),
        region=BodyRegion.HIND,
        steps=_(
            "Lead your dog so that its front feet stand on a low, firm step.\n"
            "Have it stand there straight, with its weight on the hind legs.\n"
            "Let it step down forwards, never jump."
        ),
        sets=2,
        repetitions=4,
        hold_seconds=10,
        times_per_week=5,
        equipment=_("A step of a hand's breadth"),
    ),
)
EXERCISES: dict[str, tuple[Usual, ...]] = {"clinic": CLINIC, "vet": DOGS}


def furnish_exercises(opening: Opening) -> None:
    """Put the vertical's usual exercises into the library, in the tenant's language."""
    who = {"made_at": opening.at, "made_by_id": opening.owner.pk, "made_by_name": opening.owner_member.name}
    with override(opening.tenant.language):
        for usual in EXERCISES.get(opening.tenant.vertical, ()):
            exercise = Exercise.objects.create(name=str(usual.name))
            words = {name: str(getattr(usual, name)) for name in ("name", "steps", "equipment", "cautions")}
            doses = {name: getattr(usual, name) for name in ("sets", "repetitions", "hold_seconds", "times_per_week")}
            ExerciseVersion.objects.create(exercise=exercise, number=1, region=usual.region, **words, **doses, **who)
