"""What columns can go into, for whom, and what people call them in their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.crm.domain.folding import fold
from modules.crm.domain.subjects import Subject

ADDRESS = ("email", "phone", "street", "postal_code", "city", "district", "region", "country")
OF_A_PERSON = ("first_name", "last_name", "full_name", "preferred_name", "birth_date", "gender", "tax_code")
OF_AN_ANIMAL = ("first_name", "species", "breed", "colour", "birth_date", "gender", "neutered", "microchip", "weight")
OF_AN_OWNER = ("owner_first_name", "owner_last_name", "owner_name", "organisation", "client_tax_code")
OF_A_CUSTOMER = ("first_name", "last_name", "full_name", "organisation", "client_tax_code")
FIELDS: Mapping[Subject, tuple[str, ...]] = {
    Subject.PERSON: (*OF_A_PERSON, *ADDRESS),
    Subject.ANIMAL: (*OF_AN_ANIMAL, *OF_AN_OWNER, *ADDRESS),
    Subject.CUSTOMER: (*OF_A_CUSTOMER, *ADDRESS),
}
# In English, Italian, German, French, Spanish, Russian and Ukrainian; some of others.
CALLED: Mapping[str, str] = {
    "first_name": (
        "first name, given name, forename, fname, firstname, nome proprio, nome di battesimo, vorname, rufname, "
        "prénom, nombre de pila, primer nombre, имя, ім'я, voornaam, imię"
    ),
    "last_name": (
        "last name, surname, family name, lname, lastname, cognome, nachname, familienname, zuname, nom de "
        "famille, apellido, apellidos, primer apellido, фамилия, прізвище, achternaam, nazwisko, sobrenome"
    ),
    "full_name": (
        "full name, whole name, patient name, customer name, client name, display name, nominativo, nome "
        "completo, nome e cognome, cognome e nome, paziente, cliente, patient, customer, client, kunde, "
        "vollständiger name, name vorname, nom complet, nom et prénom, nombre completo, nombre y apellidos, "
        "paciente, фио, ф.и.о., полное имя, піб, пациент, клиент, клієнт, пацієнт"
    ),
    "preferred_name": (
        "preferred name, wants to be called, nickname, known as, soprannome, nome preferito, spitzname, surnom, "
        "apodo, псевдоним"
    ),
    "birth_date": (
        "date of birth, birth date, birthday, dob, born, d.o.b., data di nascita, data nascita, nato il, nata il, "
        "nato, geburtsdatum, geburtstag, geboren, geb. datum, geb., date de naissance, né le, née le, naissance, "
        "fecha de nacimiento, nacimiento, f. nacimiento, дата рождения, день рождения, дата народження, "
        "geboortedatum, data urodzenia, data de nascimento"
    ),
    "gender": "gender, sex, sesso, genere, geschlecht, sexe, genre, sexo, género, пол, стать, geslacht, płeć",
    "tax_code": (
        "tax code, tax id, tax number, tin, codice fiscale, cod. fiscale, cod. fisc., cf, c.f., steuernummer, "
        "steuer id, steuer identifikationsnummer, numéro fiscal, nif, dni, nie, инн, іпн, рнокпп, bsn, pesel, "
        "partita iva, p. iva, piva, vat, vat number, ust idnr, cif, siren, social security number, ssn"
    ),
    "email": (
        "email, e-mail, mail, e-mail address, email address, posta elettronica, indirizzo email, e-mail-adresse, "
        "mailadresse, courriel, adresse email, adresse mail, correo, correo electrónico, эл. почта, почта, "
        "электронная почта, пошта, електронна пошта, адрес e-mail"
    ),
    "phone": (
        "mobile, mobile phone, mobile number, cell, cell phone, cellphone, phone, phone number, telephone, tel, "
        "tel., telephone number, cellulare, telefono cellulare, telefono, tel. cellulare, numero di telefono, "
        "recapito, handy, handynummer, mobil, mobiltelefon, telefon, telefonnummer, rufnummer, portable, "
        "téléphone, téléphone portable, tél, tél., numéro de téléphone, móvil, celular, teléfono, teléfono móvil, "
        "número de teléfono, телефон, мобильный, мобильный телефон, номер телефона, мобільний, номер телефону, "
        "telefoon, komórka"
    ),
    "street": (
        "street, address, street address, address line 1, address 1, indirizzo, via, strasse, straße, anschrift, "
        "adresse, straße und hausnummer, rue, calle, dirección, domicilio, улица, адрес, вулиця, адреса, straat, "
        "adres, ulica"
    ),
    "postal_code": (
        "postal code, postcode, post code, zip, zip code, cap, c.a.p., plz, postleitzahl, code postal, cp, código "
        "postal, индекс, почтовый индекс, індекс, поштовий індекс, kod pocztowy"
    ),
    "city": (
        "city, town, suburb, locality, città, comune, località, stadt, ort, wohnort, ville, commune, localité, "
        "ciudad, localidad, población, municipio, город, населенный пункт, місто, plaats, woonplaats, miasto, "
        "cidade"
    ),
    "district": "district, county, provincia, prov., pr, landkreis, kreis, bezirk, département, distrito, район",
    "region": (
        "region, state, province, regione, bundesland, land, région, región, comunidad autónoma, область, регион, "
        "регіон, kanton, canton"
    ),
    "country": "country, nation, paese, nazione, stato, staat, pays, país, страна, країна, kraj",
    "organisation": (
        "organisation, organization, company, company name, business, firm, business name, azienda, società, "
        "ragione sociale, ditta, firma, unternehmen, firmenname, société, entreprise, raison sociale, empresa, "
        "razón social, организация, компания, фирма, організація, компанія, bedrijf, stable, shelter, stable "
        "shelter or firm"
    ),
    "species": (
        "species, animal type, type of animal, kind of animal, specie, tierart, art, espèce, especie, вид, вид "
        "животного, вид тварини, diersoort, gatunek"
    ),
    "breed": "breed, razza, rasse, race, raza, порода, ras, rasa",
    "colour": (
        "colour, color, markings, colour and markings, coat, mantello, colore, farbe, fellfarbe, couleur, robe, "
        "pelaje, capa, окрас, цвет, масть, колір"
    ),
    "neutered": (
        "neutered, neuter, spayed, desexed, castrated, sterilised, sterilized, sterilizzato, castrato, kastriert, "
        "stérilisé, castré, esterilizado, castrado, кастрирован, стерилизован, кастрований, стерилізований"
    ),
    "microchip": (
        "microchip, microchip number, chip, chip number, chip no, transponder, numero microchip, n. microchip, "
        "chipnummer, mikrochip, puce, numéro de puce, número de chip, чип, номер чипа, микрочип, чіп, мікрочіп"
    ),
    "weight": "weight, weight kg, peso, peso kg, gewicht, gewicht kg, poids, вес, вага, вес кг",
}
OF_THEIR_ANIMALS: Mapping[str, str] = {
    "first_name": (
        "name, name of the animal, animal name, pet name, pet, animal, patient, patient name, nome, nome animale, "
        "nome dell'animale, animale, paziente, tiername, name des tieres, tier, rufname, nom, nom de l'animal, "
        "animal, nombre, nombre de la mascota, mascota, кличка, имя животного, питомец, кличка, ім'я тварини"
    ),
    "owner_first_name": (
        "owner's first name, owner first name, first name, given name, client first name, nome proprietario, nome "
        "del proprietario, vorname, vorname besitzer, prénom, prénom du propriétaire, nombre del propietario, имя "
        "владельца, имя, ім'я, ім'я власника"
    ),
    "owner_last_name": (
        "owner's last name, owner last name, owner surname, last name, surname, client last name, cognome, "
        "cognome proprietario, cognome del proprietario, nachname, nachname besitzer, familienname, nom du "
        "propriétaire, nom de famille, apellidos, apellido, apellidos del propietario, фамилия, фамилия "
        "владельца, прізвище"
    ),
    "owner_name": (
        "owner, owner name, owner's name, owner's whole name, client, client name, customer, proprietario, "
        "intestatario, cliente, nome e cognome, besitzer, tierhalter, halter, eigentümer, kunde, propriétaire, "
        "client, propietario, dueño, владелец, хозяин, фио владельца, клиент, власник, господар, eigenaar, "
        "właściciel"
    ),
    "birth_date": (
        "date of birth, birth date, born, dob, data di nascita, nato il, geburtsdatum, geboren, date de "
        "naissance, né le, fecha de nacimiento, дата рождения, дата народження"
    ),
}
# One of these is the first name, the last or both: the other columns tell.
ONE_NAME = ("name", "nome", "nom", "nombre", "names", "naam")


def fields_for(subject: Subject) -> tuple[str, ...]:
    return FIELDS[subject]


def guess_columns(headers: Sequence[str], *, subject: Subject, labels: Mapping[str, str]) -> dict[int, str]:
    """Return which field each column goes into, as far as its header tells; no field is filled from two.

    `labels` are the fields that are offered, and what they are called here.
    """
    offered = list(labels)
    called = _called(subject, labels)
    found: dict[int, str] = {}
    for alike in (_is_called, _begins_or_ends_so):
        for place, header in enumerate(headers):
            if place in found:
                continue
            free = (field for field in offered if field not in found.values())
            field = next((field for field in free if alike(_plain(header), called[field])), None)
            if field:
                found[place] = field
    return dict(sorted(_with_one_name(found, headers, offered).items()))


def _called(subject: Subject, labels: Mapping[str, str]) -> dict[str, set[str]]:
    own = OF_THEIR_ANIMALS if subject is Subject.ANIMAL else {}
    words = {**CALLED, **own, "client_tax_code": CALLED["tax_code"]}
    return {
        field: {_plain(label), *(_plain(each) for each in words[field].split(","))} for field, label in labels.items()
    }


def _with_one_name(found: dict[int, str], headers: Sequence[str], offered: Sequence[str]) -> dict[int, str]:
    unnamed = (place for place in range(len(headers)) if place not in found)
    place = next((place for place in unnamed if _plain(headers[place]) in ONE_NAME), None)
    if place is None or "full_name" not in offered:
        return found
    has_first, has_last = "first_name" in found.values(), "last_name" in found.values()
    field = "last_name" if has_first and not has_last else "first_name" if has_last and not has_first else "full_name"
    return found if field in found.values() or (has_first and has_last) else found | {place: field}


def _is_called(header: str, names: set[str]) -> bool:
    return header in names


def _begins_or_ends_so(header: str, names: set[str]) -> bool:
    """Test whether a header says something more before or behind: "Phone (private)", "Client e-mail"."""
    return any(len(name) > 3 and (header.startswith(f"{name} ") or header.endswith(f" {name}")) for name in names)


def _plain(text: str) -> str:
    return fold(text)
