"""What the demo's people and animals are called, and where they live."""

from __future__ import annotations

FIRST = (
    "Aoife Callum Ngozi Hannah Imran Rosa Peter Grace Oliver Sunita Ewan Marta Daniel Freya Leo Joan Nils Amina Ines"
    " Jonas Bea Mehmet Petra Alan Ivy Kofi Dara Sofia Tariq Uma Viktor Wanda"
).split()
LAST = (
    "Byrne Reid Adeyemi Schultz Sheikh Delgado Lindgren Mbeki Trent Rao McLeish Kowalska Osei Holm Marchetti Whitby"
    " Lund Farah Costa Bauer Quinn Demir Novak Pryce Stone Mensah Flynn Rossi Aziz Iyer Petrov Nowak"
).split()
ANIMALS = (
    ("Rex", "Dog", "Border collie"), ("Luna", "Cat", "Domestic shorthair"), ("Biscuit", "Dog", "Labrador"),
    ("Miso", "Cat", "Siamese"), ("Clover", "Rabbit", "Dwarf lop"), ("Bruno", "Dog", "Boxer"),
    ("Olive", "Cat", "British shorthair"), ("Pip", "Dog", "Jack Russell"), ("Juno", "Dog", "Greyhound"),
    ("Saffron", "Cat", "Maine Coon"), ("Toffee", "Guinea pig", ""), ("Archie", "Dog", "Cockapoo"),
)  # fmt: skip
SCALES = {"Dog": 18_000, "Cat": 4_300, "Rabbit": 1_900, "Guinea pig": 950}  # grams, grown up
COLOURS = ("black and white", "tabby", "golden", "seal point", "grey", "brindle")
PLACES = {"Leeds": ("England", "Leeds"), "Dublin": ("Leinster", "Dublin"), "Roma": ("Lazio", "Roma")}
STREETS = ("Otley Road", "Cardigan Lane", "Mill Street", "Harbour Row", "Station Avenue", "Elm Grove")
