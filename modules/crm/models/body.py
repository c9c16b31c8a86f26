"""The words of the chart of a body."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from modules.crm.domain.body.marks import MarkKind

Words = Mapping[str, Any]

KINDS: Mapping[MarkKind, Any] = MappingProxyType({
    MarkKind.PAIN: _("pain"),
    MarkKind.NUMBNESS: _("numbness"),
    MarkKind.TINGLING: _("tingling"),
    MarkKind.STIFFNESS: _("stiffness"),
    MarkKind.SWELLING: _("swelling"),
    MarkKind.WEAKNESS: _("weakness"),
    MarkKind.WOUND: _("wound"),
    MarkKind.SCAR: _("scar"),
    MarkKind.LUMP: _("lump"),
    MarkKind.OTHER: _("other"),
})  # fmt: skip
PAINS: Words = MappingProxyType({"now": _("now"), "rest": _("at rest"), "worst": _("at its worst")})
VIEWS: Words = MappingProxyType({
    "front": _("front"), "back": _("back"), "left": _("left side"), "right": _("right side"), "above": _("from above"),
})  # fmt: skip
PARTS: Words = MappingProxyType({
    "abdomen": _("abdomen"), "achilles-tendon": _("Achilles tendon"), "ankle": _("ankle"), "back": _("back"),
    "belly": _("belly"), "breast": _("breast"), "breastbone": _("breastbone"), "buttock": _("buttock"),
    "calf": _("calf"), "carpus": _("carpus"), "chest": _("chest"), "croup": _("croup"), "ear": _("ear"),
    "elbow": _("elbow"), "face": _("face"), "flank": _("flank"), "foot": _("foot"), "fore-hoof": _("fore hoof"),
    "fore-pastern": _("fore pastern"), "fore-paw": _("fore paw"), "forearm": _("forearm"), "foreleg": _("foreleg"),
    "groin": _("groin"), "hand": _("hand"), "head": _("head"), "heel": _("heel"), "hind-hoof": _("hind hoof"),
    "hind-pastern": _("hind pastern"), "hind-paw": _("hind paw"), "hip": _("hip"), "hock": _("hock"),
    "hollow-of-knee": _("hollow of the knee"), "knee": _("knee"), "loin": _("loin"),
    "lower-abdomen": _("lower abdomen"), "lower-back": _("lower back"), "lower-leg": _("lower leg"),
    "lower-thigh": _("lower thigh"), "lumbar-spine": _("lumbar spine"), "muzzle": _("muzzle"), "neck": _("neck"),
    "pelvis": _("pelvis"), "ribs": _("ribs"), "sacrum": _("sacrum"), "shin": _("shin"), "shoulder": _("shoulder"),
    "shoulder-blade": _("shoulder blade"), "stifle": _("stifle"), "tail": _("tail"), "thigh": _("thigh"),
    "thoracic-spine": _("thoracic spine"), "upper-abdomen": _("upper abdomen"), "upper-arm": _("upper arm"),
    "upper-back": _("upper back"), "withers": _("withers"), "wrist": _("wrist"),
})  # fmt: skip
