from __future__ import annotations

import pytest

from templates_app.docx.kinds import infer_type, is_only_unit, is_unit
from templates_app.docx.model import FieldType


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Start date", "date"),
        ("By when", "date"),
        ("Das Arbeitsverhältnis beginnt am", "date"),
        ("Mayor de edad, con DNI nº", "text"),
        ("Person approving", "person"),
        ("Person completing this form", "person"),
        ("If yes, by whom", "person"),
        ("Subject's last name", "person"),
        ("Surname/Company", "text"),
        ("Business name", "text"),
        ("Cargo do signatário", "text"),
        ("Срок исполнения", "date"),
        ("Срок действия", "text"),
        ("Rédacteur", "person"),
        ("Aprobado por", "person"),
        ("承認者", "person"),
        ("签字", "signature"),
        ("Fdo", "signature"),
        ("Geburtsdatum", "date"),
        ("Дата рождения", "date"),
        ("fødselsdato", "date"),
        ("Date de naissance", "date"),
        ("Number of files", "number"),
        ("Anzahl der Mitarbeiter", "number"),
        ("Сумма договора", "number"),
        ("Total cost", "number"),
        ("Phone number", "text"),
        ("Project number", "text"),
        ("Version", "text"),
        ("Fodselsnummer", "text"),
        ("Name", "person"),
        ("Full name", "person"),
        ("Prepared by", "person"),
        ("System owner", "person"),
        ("Name of requester", "person"),
        ("ФИО", "person"),
        ("Ansprechpartner", "person"),
        ("Main contact at data provider (name, email)", "person"),
        ("Company name", "text"),
        ("CSP Name", "text"),
        ("Project title", "text"),
        ("Owner address", "text"),
        ("Court Name", "text"),
        ("Phone number of contact", "text"),
        ("Password manager", "text"),
        ("Relationship to child", "text"),
        ("Department", "text"),
        ("Cost centre", "text"),
        ("Action status", "text"),
        ("Insert period in days", "text"),
        ("birthdate", "date"),
        ("møtedato", "date"),
        ("candidate", "person"),
        ("Ф.И.О.", "person"),
        ("Расшифровка подписи", "person"),
        ("（ふりがな）氏名", "person"),
        ("Aver income num", "number"),
        ("If the answer to A5 is yes please provide details and say whether you share them", "long_text"),
        ("Signature", "signature"),
        ("Unterschrift", "signature"),
        ("подпись", "signature"),
        ("COMPANY LOGO", "image"),
        ("Description of the service", "long_text"),
        ("Beschreibung", "long_text"),
        ("What is the solution and how is it implemented?", "long_text"),
        ("Link to network diagram", "text"),
        ("Status: date/description", "text"),
        ("Yes / No", "choice"),
        ("City", "text"),
        ("", "text"),
        ("How long do you need access?", "text"),
        ("Data centre", "text"),
        ("姓名", "person"),
        ("日期", "date"),
    ],
)
def test_types_by_label(label: str, kind: str) -> None:
    assert infer_type(label) == kind


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("date", "Festgestellt am|Erledigt bis|Geprüft am|Reçu le|Aprobado el|Redatto il|Recebido em|Opgesteld op"),
        ("date", "Complaint received on|Date of complaint|Datum der Feststellung|Planned start|Next calibration due"),
        ("date", "Data wykrycia|Data rilevazione|Data emissão|Data apertura|Data zakupu"),
        ("date", "Délivré à Mons le|À partir du|Date décision/recours"),
        ("date", "Data hoje|Prochaine réunion|Identified on|Urlaub vom"),
        ("text", "Submitted on behalf of|Based on|I am|Amount in words|Betrag in Worten|Year group|Located on"),
        ("text", "Data quality|Data schema|Data type|Control number|À rendre avec le"),
        ("text", "Nombre de la empresa|Nombre del proyecto|Status: date/description|Points of contact"),
        ("number", "Nombre de salariés|Likelihood (1-5)|Rating (0–10)|Temperature (°C)|Years in business|Bruttogehalt"),
        ("number", "Messwert|Weighting|Basic pay|Sample size|Overtime hours|Resturlaub|Fehltage"),
        ("choice", "Pass/Fail|Accept / Reject|ja / nein|oui / non|Tak / Nie|i.O. / n.i.O."),
        ("long_text", "Korrekturmaßnahmen|Sofortmaßnahme|Ursachenanalyse|Action corrective|Actions préventives"),
        ("long_text", "Acción correctiva|Azioni correttive|Ações preventivas|Causa raíz|Oorzaak|Maatregelen|Przyczyna"),
        ("long_text", "Działania korygujące|Årsak|Åtgärder|Årsag|Ordre du jour|Ordine del giorno|Orden del día"),
        ("long_text", "Immediate containment|Análise de causa|Hva skjedde?"),
        ("long_text", "Opportunities for improvement|Impact assessment|Preventive action taken|What happened?"),
        ("person", "Zuständig|Datenschutzbeauftragter|Risikoeigner|Personnes présentes|Aanwezigen"),
        ("person", "Betrokkenen|Naam melder|Zgłaszający|Sender's name|Notetaker|Osoba odpowiedzialna"),
        ("person", "Note taker|Witnesses|Operator|Klassenlehrer|Deltagere|Til stede"),
        ("signature", "Paraaf KAM|Visa du responsable|Signed for and on behalf of|Signed on behalf of"),
        ("text", "Place of birth|Tax number|Project name|Invoice number|Job title|Marital status|Bank name"),
        ("text", "Postleitzahl|Geburtsort|Kostenstelle|Lieu de naissance|Code postal|Domicilio|Codice fiscale"),
        ("text", "Telefoonnummer|Cargo|Fødested|Kontonummer|Kod pocztowy|Miejsce urodzenia"),
        ("date", "Signed on|Date signed|Next review|Geboren am|Vertragsbeginn|Abgabetermin|Né(e) le|Fait le"),
        ("date", "Vencimiento|Data|Data di nascita|Scadenza|Geldig tot|Prazo|Søknadsfrist|Data urodzenia|Ważne do"),
        ("person", "Project manager|Next of kin|Witness 2|Treasurer|Minute taker|Maiden name|Solicitor Name"),
        ("person", "Projektleiter|Kontoinhaber|Teilnehmer|Erziehungsberechtigte|Nom de famille|Chef de projet|Témoin"),
        ("person", "Representante legal|Alumno|Nome e cognome|Redatto da|Voornaam|Aanvrager|Nome da mãe|Foresatt"),
        ("person", "Møteleder|Vårdnadshavare|Imię i nazwisko|Wnioskodawca|Sporządził"),
        ("number", "Subtotal|Annual turnover|Project budget|Weight (kg)|Data storage (GB)|Einzelpreis|Kaution|Loyer"),
        ("number", "Edad|Quantità|Aantal uren|Custo|Kostnad|Belopp|Liczba osób|Wartość"),
        ("signature", "Signature & date|Ort, Datum, Unterschrift|gez.|Firma del solicitante|Namnteckning|Podpis"),
        ("long_text", "Project description|Lessons learned|Court directions|Strengths|Bemerkungen|Sachverhalt"),
        ("long_text", "Objectifs|Motivo de la solicitud|Osservazioni|Toelichting|Justificativa|Formål|Syfte|Wnioski"),
        ("person", "Esittäjän nimi|Laatija|Hyväksyjä|Esimies|Nimenselvennys|Hazırlayan|Vypracoval"),
        ("person", "Adı Soyadı|Jóváhagyta|Утвердил|Проверила|Signatário|Firmante|Chef d'équipe|Ploegleider|Verneombud"),
        ("date", "Lähtöpvm|Syntymäaika|Toimituspäivä|Förfallodag|Doğum tarihi|Datum narození|Zu erledigen bis"),
        ("number", "Matkakulut|Yhteensä|Määrä|Hinta|Miktar|Toplam|Množství|Mennyiség"),
        ("long_text", "Huomautukset|Perustelut|Açıklama|Poznámky|Megjegyzés|Medidas de control|Schutzmaßnahmen"),
        ("signature", "Esittäjän allekirjoitus|İmza|Aláírás"),
        ("text", "Työpäivä|Yrityksen nimi|Sähköposti|Şirket adı"),
        ("image", "Lichtbild|Passfoto|Fotografía"),
    ],
)
def test_types_by_label_in_many_languages(kind: str, labels: str) -> None:
    assert {label: infer_type(label).value for label in labels.split("|")} == dict.fromkeys(labels.split("|"), kind)


def test_columns_ask_for_short_answers() -> None:
    assert infer_type("Details", column=True) is FieldType.TEXT
    assert infer_type("Required?", column=True) is FieldType.CHOICE


def test_the_name_of_an_organisation_is_no_person() -> None:
    assert infer_type("Name", context="Responsible organization") is FieldType.TEXT
    assert infer_type("Name", context="System owner") is FieldType.PERSON


@pytest.mark.parametrize(
    ("words", "unit"),
    [("% of all", True), (" years of experience", True), ("Tage", True), ("yearly", False), ("of", False)],
)
def test_units(words: str, unit: bool) -> None:
    assert is_unit(words) is unit


def test_a_unit_alone() -> None:
    said = ("€", "kg", "päivää", "(hours)", "hectares", "Day", "Month", "of the year", "")
    assert [is_only_unit(words) for words in said] == [True] * 5 + [False] * 4
