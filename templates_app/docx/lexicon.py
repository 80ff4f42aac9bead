"""Words of many languages that tell what a place is for. Only hints: no place is found by its words alone.

Stems match anywhere in a word where they are long enough to be safe (German and the Nordic languages write
"Projektbeginn" and "fødselsdato"), short words only as whole words.
"""

from __future__ import annotations

import re


def _pattern(words: str, stems: str = "") -> re.Pattern[str]:
    whole = "|".join(sorted(re.escape(w.replace("_", " ")) for w in words.split()))
    inside = "|".join(sorted(re.escape(s.replace("_", " ")) for s in stems.split()))
    parts = [rf"(?<![^\W_])(?:{whole})s?(?![^\W_])"] if whole else []
    return re.compile("|".join([*parts, inside] if inside else parts), re.IGNORECASE)


DATE = _pattern(
    "date dates dated day month year deadline birthday dob due_by expires expiry effective_from born needed_by tag monat"
    " jahr frist datum am_datum fecha día mes año dia mês ano giorno mese anno jour mois année échéance le data_de"
    " dato dag måned år frist dzień miesiąc rok termin дата день месяц год срок число päivämäärä päiväys datum_dato"
    " dátum tarih tarihi 日期 日付 年月日 날짜 تاريخ تאריך תאריך ημερομηνία",
    "datum dato_ data_d date_of дата projektbeginn beginndatum enddatum beginn_ projektende fødselsdag fødselsdato geburtsdatum"
    " fecha_ naissance рожден 日期 日付 年月日 날짜",
)
DURATION = _pattern("how_long period duration frequency age years_of often dauer zeitraum durée periodo tidsrom periode срок_действия",
                    "years_of")
SIGNATURE = _pattern(
    "signature signed sign initials sig signatory_signature unterschrift unterzeichnung firma firme signature_of podpis"
    " assinatura firma underskrift signatur handtekening подпись allekirjoitus imza 签名 署名 서명 توقيع חתימה υπογραφή",
    "unterschrift underskrift подпись assinatura allekirjoitus handtekening signature 签名 署名",
)
IMAGE = _pattern(
    "logo image photo photograph picture diagram screenshot floor_plan plan_of figure chart foto bild imagen imagem"
    " photographie immagine bilde billede логотип фото изображение zdjęcie kuva 照片 图片 写真 ロゴ",
    "logotyp",
)
PERSON = _pattern(
    "name names full_name surname forename first_name last_name author editor owner manager officer director contact"
    " person applicant requester requestor recipient representative responsible role roles approver reviewer signatory"
    " employee supervisor auditor lead attendee witness prepared_by approved_by reviewed_by submitted_by completed_by"
    " requested_by authorised_by authorized_by issued_by mandated_by authorizer authoriser accountable custodian ciso ceo cto isso"
    " navn etternavn fornavn lærer elev kontaktperson ansvarlig saksbehandler namn"
    " vorname nachname ansprechpartner ansprechpartnerin verfasser bearbeiter geschäftsführer antragsteller_name"
    " nom prénom auteur responsable nombre apellido apellidos autor nome cognome cognome_e_nome imię nazwisko"
    " naam jméno příjmení фио имя фамилия отчество должность директор руководитель исполнитель автор nimi ad soyad"
    " 姓名 氏名 名前 担当者 이름 성명 الاسم שם όνομα",
    "ansprechpartner фамилия kontaktperson principal_investigator",
)
THING = _pattern(
    "court authority hospital university council ministry office committee company organisation organization organisational organizational system project product file document device"
    " software hardware school college university institution firm business supplier vendor provider server service"
    " application department unit program programme process policy procedure plan report course client_system location"
    " building site bank street city town town/city country environment information asset component contract domain"
    " host title brand model table section event dataset data type firma firmenname firmenwortlaut unternehmen projekt"
    " projekttitel verein behörde einrichtung straße société entreprise organisme établissement projet empresa proyecto"
    " organización organização projeto azienda ente progetto bedrift virksomhet skole skolens firmanavn prosjekt"
    " организация организации предприятие предприятия учреждение учреждения компания наименование наименования"
    " наименовании проект yritys 公司 单位 会社 회사",
    "skolens bedrift",
)
ADDRESS = _pattern(
    "address email e-mail mail telephone phone fax mobile tel url website link adresse anschrift telefon telefax"
    " téléphone courriel dirección teléfono correo endereço telefone indirizzo telefono adres tlf epost e-post mobil"
    " адрес телефон почта индекс location serial",
    "adresse telefon",
)
NUMBER = _pattern(
    "number_of no_of amount quantity qty total price cost costs budget sum percentage percent % count value_in salary"
    " fee rate age how_many num._of € $ £ eur usd gbp anzahl menge betrag summe höhe umsatz kosten preis bilanzsumme"
    " prozent montant nombre_de quantité prix coût total cantidad importe precio número_de costo importo quantità prezzo"
    " antall beløp sum pris tal_på количество сумма цена стоимость руб процент ilość kwota cena aantal bedrag lukumäärä"
    " quantidade valor preço version_number approximate_number gigabytes gb mb 数量 金额 金額 個数 수량",
    "anzahl betrag umsatz bilanzsumme сумма",
)
IDENTIFIER = _pattern("phone telephone account case file reference ref contract project id serial number_plate passport iban version"
                      " konto konto-nr kontonummer zip postal fax tracking registration referansenr saksnummer", "nummer номер numéro número")
LONG = _pattern(
    "describe description descriptions explain explanation details summary summarise summarize narrative rationale"
    " justification comments comment remarks notes reason reasons objectives purpose background scope overview statement"
    " abstract recommendations actions findings analysis list_the please_list please_describe please_give"
    " please_provide beschreibung kurzbeschreibung begründung erläuterung bemerkungen anmerkungen zusammenfassung"
    " description_de remarques commentaires résumé justification descripción observaciones comentarios resumen"
    " descrição observações comentários descrizione note osservazioni beskrivelse begrunnelse kommentar kommentarer"
    " merknader beskriv tilbakemelding inntrykk опис описание примечание примечания комментарий обоснование основание"
    " opis uwagi uzasadnienie kuvaus toelichting omschrijving 说明 备注 描述 備考 内容 설명 비고",
    "beschreibung erläuterung beskrivelse mission_statement tilbakemelding",
)
REQUIRED = _pattern(
    "required mandatory obligatory pflichtfeld pflichtangabe erforderlich obligatoire requis obligatorio requerido"
    " obligatório obbligatorio richiesto påkrevd obligatorisk verplicht wymagane povinné обязательно обязательное"
    " zorunlu pakollinen 必填 必須 必需 필수 مطلوب")
OPTIONAL = _pattern(
    "optional if_any if_applicable if_available if_known if_different optionnel facultatif opcional facultativo"
    " facoltativo falls_vorhanden valgfritt при_наличии необязательно 可选 任意 선택")
MULTIPLE = _pattern(
    "check_all all_that_apply tick_all select_all mark_all choose_all zutreffendes mehrfachauswahl plusieurs"
    " toutes_les_réponses todas_las_que varias flere нужное_отметить отметить_все všechny wszystkie",
    "that_apply нужное_отметить mehrfachnennung")
SINGLE = _pattern(
    "select_one choose_one check_one tick_one one_of_the_following only_one one_box_only select_which either bitte_eines nur_eines"
    " un_seul una_sola uno_solo kun_én нужное_подчеркнуть", "select_one choose_one check_one tick_one")
YES_NO = tuple(tuple(pair.split("/")) for pair in (
    "yes/no ja/nein ja/nei oui/non sí/no si/no sì/no sim/não да/нет ja/nee tak/nie ano/ne áno/nie kyllä/ei ja/nej"
    " evet/hayır igen/nem ναι/όχι так/ні 是/否 はい/いいえ 예/아니오 نعم/لا כן/לא y/n true/false pass/fail").split())
YES_NO_WORDS = frozenset(word for pair in YES_NO for word in pair)
GENERIC = frozenset(
    "date month year day time name role title number amount link url value text x xx xxx xxxx n nn insert here tbd tba"
    " software service period manager person description address email phone signature user type status id version"
    " item option placeholder blank field data content position quantity price percentage reason location place department"
    " datum monat jahr name rolle nummer betrag text wert ort zeit unterschrift fecha nombre mes año número cantidad"
    " nom date_ rôle numéro montant data nome mês ano valor navn dato rolle nummer beløp дата имя сумма номер"
    " 日期 姓名 名称 金额".split())
INSTRUCTION = re.compile(
    r"(?:please |bitte )?(?:describe|provide|explain|list|identify|attach|insert|enter|summari[sz]e|specify|indicate|"
    r"outline|define|discuss|document|state|detail|give|add|include|complete|fill in|write|"
    r"beschreiben sie|geben sie|erläutern sie|fügen sie|nennen sie|tragen sie|décrivez|décrire|indiquez|indiquer|"
    r"précisez|insérez|describa|indique|describir|inserte|explique|descreva|insira|descrivere|inserire|indicare|"
    r"beskriv|oppgi|angi|sett inn|fyll inn|опишите|укажите|введите|вставьте|opisz|podaj|wpisz|beschrijf|geef|vul)\b",
    re.IGNORECASE)
PROMPT = re.compile(
    r"(?:click|tap|double-click|press)(?: or tap| or click)?(?: on)? here(?: to (?:enter|add|select|insert|type|choose)[^.\n]{0,60})?\.?"
    r"|klicken(?: oder tippen)? sie(?:, um| hier)[^.\n]{0,60}\.?|cliquez(?: ou appuyez)? ici[^.\n]{0,60}\.?"
    r"|haga clic(?: o pulse)? aquí[^.\n]{0,60}\.?|clique(?: ou toque)? aqui[^.\n]{0,60}\.?"
    r"|(?:fare )?clic(?: o toccare)? qui[^.\n]{0,60}\.?|klikk(?: eller trykk)? her[^.\n]{0,60}\.?"
    r"|klicka(?: eller tryck)? här[^.\n]{0,60}\.?|klik(?: of tik)? (?:hier|her)[^.\n]{0,60}\.?"
    r"|место для ввода[^.\n]{0,40}\.?|щелкните (?:здесь|или)[^.\n]{0,60}\.?|kliknij[^.\n]{0,60}\.?"
    r"|单击或点击此处[^。\n]{0,30}。?|クリックまたはタップ[^。\n]{0,30}。?|choose an item\.?|select an item\.?"
    r"|wählen sie ein element aus\.?|choisissez un élément\.?|elija un elemento\.?|velg et element\.?",
    re.IGNORECASE)


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
