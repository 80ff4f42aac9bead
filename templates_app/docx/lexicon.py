"""Words of many languages that tell what a place is for. Only hints: no place is found by its words alone.

Words count as whole words, with a plural s; stems (second argument) anywhere in a word, because German and the
Nordic languages write "Projektbeginn" and "fødselsdato". An underscore stands for a blank.
"""

from __future__ import annotations

import re

from .folding import WORD, Folded, FoldedWords


def _pattern(words: str, stems: str = "") -> FoldedWords:
    return FoldedWords(_spaced(words), _spaced(stems))


def _spaced(listed: str) -> list[str]:
    return [phrase.replace("_", " ") for phrase in listed.split()]


DATE = _pattern(
    "date dated day month year deadline birthday dob due_by valid_from valid_until gültig_ab gültig_bis"
    " expires expiry tag_der monat jahr frist datum"
    " fecha mes año"
    " mês ano giorno mese anno jour mois année échéance le_jour dato måned år dzień miesiąc rok termin дата месяц"
    " год срок число data_di data_de data_do data_da data_del päivämäärä päiväys dátum tarih tarihi am_tag"
    " zuletzt_am geboren_am fällig_am ausgestellt_am unterschrieben_am geldig_tot geldig_van gyldig_til gyldig_fra"
    " giltig_till oppstart vencimiento scadenza scade_il nato_il nata_il vencimento prazo nascido_em né_le née_le"
    " né(e)_le fait_le signed_on valid_until ważne_do ważny_do data_inizio data_fine data_nascita data_urodzenia"
    " data_rozpoczęcia data_zakończenia data_wydania data_złożenia data_podpisania data_wpływu data_sporządzenia"
    " next_review period_from by_when begins_on commence_on commences_on commencing_on starting_on starts_on ends_on"
    " luogo_e_data local_e_data lugar_y_fecha lieu_et_date miejscowość,_data"
    " completed_on closed_on issued_on received_on approved_on reviewed_on updated_on raised_on submitted_on started_on"
    " with_effect_from effective_from valid_as_of beginnt_am endet_am"
    " voimassa_asti förfallodag betalningsdag leveransdag forfaldsdag forfallsdag data_fim data_término fällig_bis"
    " erledigen_bis umzusetzen_bis születési_idő határidő dátuma datum_narození doğum_tarihi son_tarih"
    " päiväys pvm syntymäaika eräpäivä voimassaolo aika_ja_paikka paikka_ja_aika"
    " calibration_due inspection_due review_due maintenance_due action_due next_due next_calibration next_inspection"
    " planned_start planned_finish planned_end planned_completion scheduled_start scheduled_end"
    " actual_start actual_finish actual_end actual_completion"
    " austritt_zum eintritt_zum kündigung_zum urlaub_vom urlaub_bis bis_einschließlich nächste_prüfung nächster_termin"
    " nächste_kalibrierung prochaine_réunion próxima_reunión próxima_revisión prossima_riunione próxima_reunião"
    " à_partir_du data_hoje data_atual data_emissão data_fato data_contrato data_vencimento",
    "datum dato_ beginndatum projektbeginn projektende enddatum fødselsdato fødselsdag geburtsdatum naissance рожден"
    " 日期 日付 年月日 날짜 تاريخ תאריך ημερομηνία",
)
DATE_COMPOUND = Folded(
    r"(?<![^\W_])(?!(?:up|man|candi|vali|inti|liqui|consoli|out)date|kündigungsfrist)"
    r"[^\W\d_]{2,}(?:dat(?:e|o|um)|termin|sbeginn|sende|sfrist|nadsfrist|(?<!työ)(?<!loma)(?<!arki)päivä|päivämäärä|pvm)(?![^\W_])"
)
BEFORE_DAY = frozenset("am bis zum on le il el em op den".split())
DATE_DONE = Folded(  # what was done, and on which day: "Erstellt am", "Reçu le", "Identified on"
    r"(?:(?<!i )\bam|\b(?:ge|be|er|ver|ent|fest|ab|an|auf|aus|ein|um)[^\W\d_]+t bis(?: zum)?"
    r"|\b(?!(?:bas|locat|situat|focus|depend|build|work)ed)[^\W\d_]+ed on"
    r"|\b(?!(?:dans|par|sur|sous|avec|pour|et|que|est|de|à|per|tra|con|fra|in|di)\b)[^\W\d_]{2,}"
    r"(?:\(e\))? le|\b[^\W\d_]+(?:[aiut]t|[su]s)[oa] il|\b[^\W\d_]+[ai]do el"
    r"|\b(?:emiti|aprova|recebi|assina|elabora|admiti|concluí|revisa|publica|cria)d[oa] em"
    r"|\b(?:ge|op|be|ver|vast|aan|af|in|uit|goedge)[^\W\d_]+[dt] op|\b[^\W\d_]+[dt] den)\s*[:：]?$"
)
DATA_OF = Folded(  # the Romance and Slavic word for a date, with the word for what it is the date of
    r"data (?!data|schema|media|criteria|meta)[^\W\d_]+(?:[aouiąęã]|zione|ção|são|ão)(?![^\W_])"
)
DAY_PARTS = {  # a place for a part of a date, and how Word's picture strings write the part
    word: picture
    for picture, words in {
        "d": "day tag jour día dia giorno dag dzień день",
        "dd": "dd tt jj дд",
        "MMMM": "month monat mois mes mês mese maand måned månad miesiąc месяц",
        "MM": "mm мм",
        "yyyy": "year jahr année an año ano anno jaar år rok год yyyy jjjj aaaa гггг",
        "yy": "yy",
    }.items()
    for word in words.split()
}
DATE_ALONE = Folded(
    r"(?:dd|mm|yyyy|tt|jj|jjjj|aaaa|дд|мм|гггг"
    r"|data|le|beginn|ende|stand|fait le|inizio|fine|início|fim|inicio|fin)\s*[:：]?"
)
DATE_SIGNED = _pattern(
    "signed_on date_signed date_of_signature date_of_signing signature_date datum_der_unterschrift"
    " date_de_signature date_de_la_signature fecha_de_firma fecha_de_la_firma data_da_assinatura data_della_firma"
    " data_podpisania datum_ondertekening dato_for_signering dato_for_underskrift",
)
DURATION = _pattern(
    "how_long duration frequency period age year_group year_level years_of days months years weeks hours often dauer"
    " zeitraum"
    " durée periodo tidsrom periode loss in_the_year",
    "срок_действия",
)
SIGNATURE = _pattern(
    "sincerely regards truly_yours yours_truly faithfully mit_freundlichen_grüßen cordialement atentamente"
    " atenciosamente vennlig_hilsen с_уважением signature sign-off signed initials unterschrift"
    " unterzeichnung firma_y_sello podpis assinatura"
    " underskrift signatur signé signataire lu_et_approuvé firma_del firma_de firma_della firma_dell gez"
    " firmato ondertekening ondertekend namnteckning undertecknas undertegnet podpisano assinado firmado"
    " handtekening paraaf paraphe visa_du visa_de_la подпись allekirjoitus imza İmza aláírás sign_and_date sign_here"
    " fdo",
    "unterschrift underskrift подпись assinatura allekirjoitus handtekening"
    " signature 签名 签字 签章 盖章 署名 서명 توقيع חתימה υπογραφή",
)
IMAGE = _pattern(
    "logo photo photograph picture diagram screenshot floor_plan plan_of foto fotografia imagen imagem photographie"
    " immagine bilde billede lichtbild passbild passfoto pasfoto fotografía логотип фото изображение zdjęcie",
    "logotyp 照片 图片 写真 ロゴ",
)
LINK = _pattern("link link_to url website web_page webseite hyperlink site_web sitio_web nettside сайт ссылка")
CHOICE = _pattern("yes/no yes_/_no y/n ja/nein ja/nei oui/non да/нет sí/no sim/não impact_level required?"
    " ja_/_nein ja_/_nei oui_/_non sí_/_no sim_/_não tak/nie tak_/_nie si/no sì/no sì_/_no pass/fail pass_/_fail"
    " accept/reject accept_/_reject accepted/rejected accepted_/_rejected approved/rejected approved_/_rejected"
    " approve/reject approve_/_reject ok/nok ok_/_nok true/false true_/_false i.o./n.i.o i.o._/_n.i.o")
NAME = _pattern(
    "name names full_name fullname surname forename firstname lastname navn etternavn fornavn namn vorname"
    " nachname nom"
    " prénom nombre apellido apellidos nome cognome imię nazwisko fio naam jméno příjmení фио имя фамилия"
    " отчество nimi ad"
    " soyad naamachternaam"
    " efternavn efternamn förnamn tilnavn familienname geburtsname rufname voornaam voornamen achternaam geslachtsnaam"
    " roepnaam sobrenome prénoms imiona nazwiska имена инициалы расшифровка_подписи ф.и.о",
    "اسم 姓名 氏名 名前 署名人 이름 성명 الاسم שם όνομα",
)
PERSONAL_NAME = _pattern(  # which only a person has
    "first_name last_name middle_name given_name family_name maiden_name surname forename vorname nachname familienname"
    " prénom apellido cognome sobrenome imię nazwisko voornaam achternaam fornavn etternavn efternavn förnamn efternamn"
    " etunimi sukunimi soyad soyadı jméno příjmení фамилия отчество"
)
NAME_KIND = _pattern(
    "full first last middle family given your print printed legal typed complete block_letters"
    " please title maiden birth famille naissance família famiglia vor voor surname type capital letter own contact"
    " initial completo completa complet vollständiger полное"
)
ROLE = _pattern(
    "author editor owner manager officer director contact contact_person point_of_contact person applicant requester"
    " requestor recipient representative responsible responsibility role approver reviewer signatory employee"
    " supervisor"
    " auditor lead leader attendee participant witness accountable custodian ciso ceo cto cio isso dpo investigator"
    " authorizer authoriser administrator coordinator member advisor adviser father mother parent child"
    " guardian spouse"
    " student pupil teacher doctor patient judge lawyer attorney interpreter respondent sponsor candidate"
    " tenant landlord"
    " buyer seller principal trustee engineer analyst assessor inspector nurse physician professor researcher"
    " person_approving person_completing person_reporting person_making person_requesting person_conducting"
    " colleague chair chairperson chairman chairwoman secretary treasurer nominee next_of_kin trainer trainee tutor"
    " beneficiary guarantor driver minute_taker note_taker facilitator interviewer reporter carer instructor mentor"
    " lecturer examiner moderator volunteer referee claimant defendant plaintiff appellant complainant donor"
    " surveyor architect foreman undersigned child children solicitor barrister counsel clerk notary accountant"
    " psychologist therapist dentist surgeon pharmacist midwife social_worker case_worker who wer quién quem hvem vem"
    " kto witnesses operator gp notary_public sender absender absenderin expéditeur destinataire remitente mittente"
    " notetaker timekeeper observer scribe beteiligte beteiligter"
    " zuständig zuständige zuständiger vertretung entschuldigt betrokkene betrokkenen melder zgłaszający emitente"
    " personnes_présentes présents absents excusés presenti assenti presentes ausentes aanwezigen afwezigen"
    " odpowiedzialna uczestnicy obecni nieobecni til_stede til_stades närvarande frånvarande deltagere fraværende"
    " projektleiter leiter leiterin teilnehmer teilnehmerin teilnehmende vorgesetzter vorgesetzte erziehungsberechtigte"
    " erziehungsberechtigter sorgeberechtigte betreuer betreuerin sachbearbeiter sachbearbeiterin patientin schüler"
    " schülerin studentin studierende lehrer lehrerin lehrkraft antragstellerin zeuge zeugin gutachter prüfer"
    " unterzeichner bevollmächtigter ansprechperson praktikant praktikantin auszubildender bewerber bewerberin"
    " vorsitzender vorsitzende schriftführer käufer verkäufer"
    " chef_de_projet représentant représentant_légal personne_à_contacter témoin locataire bailleur tuteur tutrice"
    " salarié salariée"
    " employé employée étudiant étudiante élève enfant enseignant formateur stagiaire candidat candidate"
    " animateur animatrice rédacteur rédactrice rapporteur intervenant vérificateur approbateur pilote interlocuteur"
    " bénéficiaire soussigné président présidente secrétaire trésorier médecin conducteur titulaire"
    " persona_de_contacto representante_legal alumno alumna arrendatario arrendador testigo trabajador trabajadora"
    " empleado empleada"
    " paciente beneficiario titular docente profesor profesora jefe participante padre madre estudiante coordinador"
    " elaborado_por revisado_por aprobado_por facilitador moderador secretario auditor_líder asistente"
    " sottoscritto sottoscritta abajo_firmante pracownika wnioskodawcy przełożonego opiekuna ucznia dziecka rodzica"
    " auditee"
    " referente legale_rappresentante dipendente lavoratore conduttore locatore testimone alunno alunna studente"
    " genitore tutore titolare coordinatore"
    " contactpersoon verantwoordelijke aanvrager leidinggevende medewerker werknemer huurder verhuurder getuige"
    " leerling ouder verzorger deelnemer projectleider begeleider cliënt patiënt voorzitter secretaris penningmeester"
    " notulist behandelaar"
    " aluno aluna mãe pai contratante contratado testemunha funcionário empregado locatário locador professora"
    " coordenador requerente gestor"
    " foresatt foresatte deltaker deltakere prosjektleder leder referent møteleder kontaktlærer barnet barnets elevens"
    " pasient ansatt arbeidstaker leietaker utleier vitne verge rektor styreleder ansvarig sökande deltagare"
    " projektledare chef vårdnadshavare handläggare anställd vittne hyresgäst förälder lärare mötesledare deltager"
    " projektleder forælder medarbejder lejer udlejer vidne sagsbehandler ansøger"
    " osoba_kontaktowa sporządził sporządziła zatwierdził zatwierdziła opracował opracowała sprawdził sprawdziła"
    " wnioskodawca kierownik odpowiedzialny opiekun pracownik uczeń najemca wynajmujący świadek rodzic nauczyciel"
    " uczestnik koordynator pacjent przełożony dyrektor"
    " auftraggeber opdrachtgever заказчик покупатель продавец арендатор арендодатель подрядчик"
    " lærer laerer elev kontaktperson ansvarlig saksbehandler søker avsender mottaker ansprechpartner"
    " ansprechpartnerin verfasser"
    " bearbeiter geschäftsführer antragsteller verantwortlicher vertreter mitarbeiter auteur responsable demandeur"
    " directeur gérant autor responsable_de solicitante representante responsável autore responsabile richiedente"
    " должность директор руководитель исполнитель автор ответственный заявитель представитель получатель сотрудник"
    " esittäjä esittäjän hakija hakijan laatija laatijan hyväksyjä hyväksyjän tarkastaja tarkastajan esimies esimiehen"
    " lähiesimies lähiesimiehen esihenkilö vastaanottaja vastaanottajan puheenjohtaja työntekijä työntekijän opiskelija"
    " opiskelijan huoltaja huoltajan asiakas asiakkaan potilas potilaan nimenselvennys vuokralainen vuokralaisen"
    " vuokranantaja vuokranantajan ostaja ostajan myyjä myyjän omistaja omistajan ilmoittaja ilmoittajan"
    " vastuuhenkilö yhteyshenkilö yhteyshenkilön laatinut hyväksynyt tarkastanut läsnä poissa sihteeri osallistujat"
    " adı_soyadı hazırlayan onaylayan kontrol_eden sorumlu yetkili katılımcılar çalışan öğrenci hasta veli"
    " vypracoval schválil kontroloval zodpovědná_osoba kontaktní_osoba vedoucí zaměstnanec účastníci žadatel"
    " készítette jóváhagyta ellenőrizte felelős kapcsolattartó munkavállaló résztvevők kérelmező"
    " составил составила утвердил утвердила проверил проверила согласовал разработал присутствовали"
    " zastępca sporządzający zatwierdzający uczestniczący"
    " subscritor signatário réu denunciante relator gerente encargado encargada firmante"
    " compareciente dichiarante firmatario firmataria capo_reparto déclarant déclarante chef_d'équipe chef_d’équipe"
    " unterzeichnende unterzeichnender ploegleider teamleider teamleder avdelingsleder avdelningschef verneombud"
    " skyddsombud subscriber declarant deponent affiant",
    "ansprechpartner kontaktperson geschäftsführer leiter inhaber nehmer mieter führer ersteller genehmigt"
    " freigegeben geprüft verantwortlich beauftragter beauftragte eigner lehrerin lehrer"
    " الموظف المدير العميل 担当者 代表者 責任者 申請者 承認者 作成者 出席者 保護者 申请人 审批人 填表人 签字人"
    " 负责人 联系人 经办人 审核人 批准人 编制人 담당자 책임자 المسؤول",
)
PARTY = _pattern(  # of a contract: a firm or a person
    "employer company contractor subcontractor client customer supplier vendor lessor lessee licensor licensee borrower"
    " lender party arbeitgeber auftraggeber auftragnehmer lieferant kunde kundin employeur prestataire fournisseur"
    " empleador proveedor cliente datore_di_lavoro fornitore empregador contratada fornecedor werkgever leverancier"
    " pracodawca zleceniodawca wykonawca arbeidsgiver arbetsgivare arbejdsgiver leverandør leverantör"
)
ADDRESS = _pattern(
    "address email e-mail mail gsm handy telephone phone fax mobile tel adresse anschrift telefon telefax"
    " téléphone courriel"
    " dirección teléfono correo endereço telefone indirizzo telefono adres tlf epost e-post mobil адрес телефон почта"
    " индекс location street city zip postcode postal_code straße plz ort wohnort ville ciudad cidade città"
    " by_og_sted",
    "adresse telefon",
)
AMOUNT = _pattern(
    "years_in years_of_experience years_of_service number_of no._of num._of no_of how_many amount quantity percentage"
    " percent total_cost anzahl menge"
    " quantité nombre_d número_de cantidad numero_di quantità antall antal aantal tal_på liczba количество quantidade"
    " 数量 个数",
    "anzahl antall",
)
COUNT_OF = Folded(r"(?<![^\W_])nombre de (?!(?:la|los|las)\b)[^\W\d_]+[sx](?![^\W_])")  # a Spanish nombre is a name
IN_WORDS = _pattern(
    "in_words in_worten en_lettres en_toutes_lettres en_letras in_lettere por_extenso słownie in_letters voluit"
    " med_bokstaver прописью"
)
NUMBER_COMPOUND = Folded(
    r"(?<![^\W\d_])[^\W\d_]{2,}(?<!postleit)(?:preis|lohn|betrag|summe|kosten|gebühr|miete|zahl|menge|pris|beløp"
    r"|kostnad|avgift|prijs|bedrag|omzet|gehalt|kulut|hinta|summa|palkkio)(?![^\W_])"
)
MEASURED = Folded(
    r"\(\s*[01]\s*(?:-|–|to|bis)\s*(?:[3-7]|10|100)\s*\)"  # a scale
    r"|\(\s*(?:in )?(?:°\s?[cf]|bar|psi|ppm|rpm|ml|mg|min|minutes?|minuten)\s*\)"
    r"|\(\s*(?:in )?(?:kg|cm|mm|km|m²|m2|m³|ha|kw|kwh|[kmgt]b|%|€|£|\$|eur|euro?s?|usd|gbp|chf|nok|sek|dkk|pln|zł|kr\.?"
    r"|hours?|days?|months?|years?|std\.?|stunden|tage|heures|jours|horas|días|dias|ore|giorni|uren|dagen|timer"
    r"|dager)\s*\)"
)
NUMBER = _pattern(
    "amount qty total price cost budget sum % count value_in salary income payment fee rate age € £ eur"
    " usd gbp betrag summe"
    " höhe umsatz"
    " kosten preis bilanzsumme prozent montant prix coût total importe precio costo importo prezzo beløp pris"
    " сумма цена плата платы оплата доход зарплата gehalt einkommen salaire revenu salario renda lønn inntekt"
    " discount subtotal sub-total turnover rent deposit mileage balance revenue score weight height hours_worked"
    " total_hours overtime_hours sample_size weighting measured_value points_awarded points_scored basic_pay gross_pay"
    " net_pay"
    " expenditure wage profit gesamt miete kaution stundenlohn âge loyer remise effectif solde tarif"
    " gewichtung messwert istwert sollwert fehltage urlaubstage krankheitstage arbeitsstunden überstunden"
    " resturlaub pondération ponderación peso_% alter edad coste presupuesto saldo alquiler descuento totale età costi"
    " sconto affitto prijs totaal leeftijd"
    " salaris"
    " huur korting omzet idade custo desconto aluguel alder ålder kostnad kostnader belopp beløb omsetning husleie"
    " wiek koszt koszty wartość suma wynagrodzenie czynsz"
    " määrä hinta yhteensä kustannus kustannukset palkka vuokra ikä paino budjetti osallistumismaksu"
    " miktar tutar fiyat adet toplam ücret množství cena částka celkem mennyiség ár összeg összesen rpn"
    " стоимость руб процент ilość kwota cena bedrag lukumäärä valor preço version_number gigabyte gb mb 金额 金額",
    "betrag umsatz bilanzsumme сумма 人数 員数 件数 資本金 费用 价格",
)
IDENTIFIER = _pattern(
    "phone telephone reference ref id serial passport iban konto konto-nr zip postal account_no account_number"
    " case_no case_number file_no file_number contract_no contract_number project_no project_number policy_no"
    " policy_number invoice_no invoice_number order_no order_number tax_no tax_number vat_no vat_number"
    " social_security"
    " dni nie nif cif cpf cnpj rg ssn bsn pesel nip regon matricule siret siren ust-idnr steuernummer employee_no"
    " document_no document_number doc_no revision rev issue_no fax tracking registration version referansenr"
    " saksnummer license licence code",
    "nummer номер numéro número",
)
LONG = _pattern(
    "describe description explanation summary summarise summarize narrative rationale justification comment"
    " remark note"
    " observation recommendation action finding cause root_cause nonconformity nonconformance discussion"
    " beschreibung kurzbeschreibung erläuterung bemerkung anmerkung"
    " zusammenfassung remarque commentaire résumé descripción observación observaciones comentario comentarios"
    " resumen"
    " descrição observações comentários descrizione beskrivelse begrunnelse kommentar kommentarer merknader"
    " tilbakemelding inntrykk sammendrag описание примечание примечания комментарий обоснование opis"
    " uwagi uzasadnienie kuvaus huomautus huomautukset huomautuksia perustelu perustelut lisätiedot lisätietoja"
    " kommentit tavoite tavoitteet toimenpide toimenpiteet yhteenveto tausta selvitys johtopäätökset esityslista"
    " açıklama açıklamalar notlar gerekçe amaç sonuç öneriler popis poznámka poznámky důvod závěr cíl"
    " leírás megjegyzés megjegyzések indoklás cél intézkedések"
    " control_measure risk_control_measure schutzmaßnahme schutzmaßnahmen mesure_de_prévention mesures_de_prévention"
    " mesures_correctives medidas_de_control medidas_preventivas medidas_correctivas misure_di_prevenzione"
    " misure_correttive"
    " toelichting omschrijving executive_summary abstract statement_of"
    " conclusion feedback lesson_learned lessons_learned strength weakness weaknesses methodology assumption"
    " constraint deliverable agenda special_requirement special_need medical_condition experience goal"
    " proposed_solution problem_statement personal_statement cover_letter achievement terms_and_conditions"
    " duties_and_responsibilities directions instructions arrangements special_conditions"
    " bemerkungen anmerkungen ziel ziele sonstiges weitere_informationen weitere_angaben maßnahmen sachverhalt hinweise"
    " unfallhergang hergang tagesordnung hintergrund ausgangslage fazit zielsetzung schlussfolgerung"
    " objectif contexte informations_complémentaires mesures_prises conclusions remarques commentaires motivation"
    " motivo objetivo justificación antecedentes conclusiones medidas_adoptadas"
    " osservazioni motivazione obiettivi commenti conclusioni premessa"
    " opmerking opmerkingen doel doelstelling reden samenvatting achtergrond beschrijving conclusie aanleiding"
    " justificativa resumo conclusão"
    " bakgrunn formål mål oppsummering tiltak konklusjon vurdering andre_opplysninger merknad beskrivning syfte"
    " motivering bakgrund bemærkninger baggrund sammanfattning anmärkningar"
    " introduction responsibilities definitions opportunities_for_improvement areas_for_improvement"
    " opportunity_for_improvement area_for_improvement training_need impact_assessment rollback_plan treatment_plan"
    " existing_control action_taken any_other_information complaint verification_of response_to"
    " maßnahme ursache ursachenanalyse wirksamkeitsprüfung auditziel auditumfang grund änderungsgrund"
    " feststellung feststellungen"
    " action_corrective actions_correctives action_préventive actions_préventives cause_racine analyse_des_causes"
    " décision constat"
    " acción_correctiva acciones_correctivas acción_preventiva acciones_preventivas acciones_tomadas causa_raíz acuerdo"
    " hallazgo azione_correttiva azioni_correttive azione_preventiva azioni_preventive"
    " analisi_delle_cause decisioni trattamento"
    " ação_corretiva ações_corretivas ação_preventiva ações_preventivas ação_imediata causa_raiz pauta"
    " deliberações constatações"
    " ordre_du_jour ordine_del_giorno orden_del_día ordem_do_dia"
    " containment immediate_action analyse_de_cause análise_de_causa análise_das_causas análisis_de_causas strakstiltak"
    " traitement_immédiat"
    " oorzaak maatregel maatregelen bevinding bevindingen"
    " przyczyna działanie działania działania_korygujące działanie_korygujące działania_zapobiegawcze"
    " działanie_zapobiegawcze ustalenia porządek_obrad"
    " årsak årsaksanalyse saksliste orsak orsaksanalys åtgärd åtgärder anmärkning dagordning årsag årsagsanalyse"
    " dagsorden dagsordenen korrigerende_handling korrigerende_handlinger forebyggende_handling"
    " cel komentarz wnioski podsumowanie dodatkowe_informacje zakres_prac",
    "beschreibung erläuterung beskrivelse tilbakemelding maßnahmen maßnahme 说明 备注 描述 備考 내용 설명 비고",
)
AGENDA = _pattern(  # of the day, not on a day
    "ordre_du_jour ordine_del_giorno orden_del_día ordem_do_dia order_of_the_day"
)
SHORT = _pattern(
    "status type category class code owner method terms list centre center reference level priority grade"
    " ref id no nr plan"
)
POSITION = _pattern(
    "title job_title position department company organisation organization institution employer profession occupation"
    " nationality abteilung firma funktion beruf service fonction departamento cargo puesto empresa dipartimento"
    " avdeling stilling virksomhet отдел организация 部门 部署 役職 职务 职位 公司 単位 单位"
)
REQUEST = Folded(
    r"\b(?:provide|give|state|include|note|supply|add|attach)\b.{0,60}\b(?:details?|information|statement|summary"
    r"|explanation|examples?|description|reasons?)\b|\b(?:describe|explain|elaborate|beschreiben|erläutern|décri\w+"
    r"|expli\w+|describ\w+|descrev\w+|beskriv|forklar|опишите|поясните)\b",
)
EXPLAIN = _pattern(
    "details reason_for reasons objectives background scope overview list_the please_list please_describe please_give"
    " please_summarise please_briefly please_explain please_specify_why specify_why give_details provide_details"
    " begründung"
    " motif motivos justifiez основание причина additional_information further_information"
)
OPEN_QUESTION = Folded(
    r"\b(?:what (?:is|are|was|were|happened|went|did|does|do|can|could|should|would|will)"
    r"|hva (?:er|var|skjedde)|was (?:ist|war|wurde)|wat (?:is|was)|qué (?:ocurrió|pasó|sucedió)"
    r"|why|how (?:is|are|was|were|will|do|does|did|can|would|you)|explain how"
    r"|describe|wie (?:wird|werden)|warum|pourquoi"
    r"|comment (?:est|sont)|por qué|por que|perché|hvordan|hvorfor|почему|каким образом|зачем)\b.*[?？]",
)
UNIT = Folded(
    r"(?:%(?!\w)|€|£|(?:日間|時間|時|小时|天|人|名|円|元|岁|歳|年間|か月|ヶ月|个月|ريال|دينار|درهم|جنيه|أيام|يوم|شهر|سنة|ساعة)"
    r"|(?:working |business |calendar )?"
    r"(?:years?|days?|hours?|months?|weeks?|minutes?|percent|times|users|people|jahren?|tagen?|stunden"
    r"|monaten?"
    r"|wochen|prozent|mal|ans|années|jours|heures|mois|años|días|horas|meses|anos|dias|anni|giorni|år|dager"
    r"|timer|uker|euros?|dollars?|kroner|zł|dni|godzin|miesięcy|dage|måneder|maanden|weken|jaar|arbeitstagen?|werktagen?|hrs?"
    r"|лет|дней|дня|часов|месяцев|руб\w*|коп\w*|экз\w*|kg|km|gb|mb|pieces|stück|päivää|tuntia|kuukautta|vuotta|viikkoa"
    r"|kpl|dagar|timmar|veckor|månader|gün|hectares?|hektar\w{0,2}|hectáreas|ettari|га|km²|m²|m³)(?!\w))",
)
REQUIRED = _pattern(
    "required mandatory obligatory pflichtfeld pflichtangabe erforderlich obligatoire requis obligatorio requerido"
    " obligatório obbligatorio richiesto påkrevd obligatorisk verplicht wymagane povinné обязательно обязательное"
    " zorunlu pakollinen",
    "必填 必須 必需 필수 مطلوب",
)
OPTIONAL = _pattern(
    "optional if_any if_applicable if_available if_known if_different optionnel facultatif opcional facultativo"
    " facoltativo falls_vorhanden valgfritt при_наличии необязательно",
    "可选 任意 선택",
)
MULTIPLE = _pattern(
    "check_all all_that_apply tick_all select_all mark_all choose_all mehrfachauswahl plusieurs_réponses"
    " todas_las_que flere_kryss нужное_отметить отметить_все wszystkie",
    "that_apply mehrfachnennung",
)
SINGLE = _pattern(
    "select_one choose_one check_one tick_one one_of_the_following only_one one_box_only select_which bitte_eines"
    " nur_eines un_seul una_sola uno_solo kun_én нужное_подчеркнуть zutreffendes_ankreuzen zutreffendes"
    " most_applicable"
)
ROMAN_PAIRS = (
    "yes/no ja/nein ja/nei oui/non sí/no si/no sì/no sim/não да/нет ja/nee tak/nie ano/ne áno/nie kyllä/ei"
    " ja/nej evet/hayır igen/nem ναι/όχι так/ні 是/否 はい/いいえ 예/아니오 نعم/لا כן/לא y/n true/false pass/fail"
)
YES_NO = tuple(tuple(pair.split("/")) for pair in ROMAN_PAIRS.split())
YES_NO_WORDS = frozenset(word for pair in YES_NO for word in pair)
OPPOSITES = tuple(tuple(pair.replace("_", " ").split("/")) for pair in (
    "male/female man/woman mr/mrs männlich/weiblich mann/frau masculin/féminin homme/femme masculino/femenino"
    " hombre/mujer masculino/feminino maschio/femmina man/vrouw mann/kvinne mand/kvinde man/kvinna мужской/женский"
    " муж/жен 男/女 ذكر/أنثى approved/rejected approved/declined approve/reject accepted/rejected accept/reject"
    " granted/refused satisfactory/unsatisfactory agree/disagree temporary/permanent full-time/part-time"
    " single/married genehmigt/abgelehnt bestanden/durchgefallen befristet/unbefristet ledig/verheiratet"
    " am/pm accordé/refusé favorable/défavorable aprobado/rechazado apto/inapto adult/minor"
    " approuvé/rejeté accepté/refusé conforme/non_conforme aprovado/reprovado deferido/indeferido conforme/não_conforme"
    " conforme/no_conforme approvato/respinto approvata/respinta goedgekeurd/afgekeurd toegekend/afgewezen"
    " akkoord/niet_akkoord angenommen/abgelehnt bewilligt/abgelehnt erfüllt/nicht_erfüllt godkjent/avslått"
    " innvilget/avslått godkendt/afvist godkänd/underkänd bifalles/avslås hyväksytty/hylätty puollan/en_puolla"
    " mies/nainen uros/naaras hane/hona zatwierdzono/odrzucono zatwierdzony/odrzucony kobieta/mężczyzna kadın/erkek"
    " onaylandı/reddedildi утверждено/отклонено согласовано/отклонено одобрено/отклонено соответствует/не_соответствует"
).split())  # fmt: skip
LEVELS = frozenset(
    "high medium moderate low none minor major critical severe open closed yes no partial na hoch mittel niedrig gering"
    " élevé moyen faible alto alta medio media bajo baja médio média baixo baixa basso bassa høy middels lav hög låg"
    " hoog laag gemiddeld wysoki średni niski высокий средний низкий 高 中 低".split()
)
OPPOSED_LETTERS = (("Y", "N"), ("M", "F"), ("J", "N"), ("m", "w"), ("H", "F"), ("S", "N"))
NEGATIONS = "not nicht non no não ikke inte niet nie не".split()
SELECTION = (
    r"(?:please )?(?:circle|delete|strike|cross out|tick|select|choose|underline|mark|nicht ?zutreffendes"
    r"|unzutreffendes"
    r"|zutreffendes|rayer|biffer|entourer|tachar|táchese|marcar|rodee|doorhalen|omcirkel|stryk|sett ring|cancellare"
    r"|barrare|riscar|assinalar|ненужное|нужное|niepotrzebne|właściwe)"
)
RATINGS = frozenset(
    "strongly agree disagree neutral poor fair good excellent satisfied dissatisfied very never rarely sometimes often"
    " always n a".split()
)
VERDICTS = frozenset(
    "c nc ofi obs pass fail ok nok conform conforms nonconform conforming nonconforming compliant noncompliant non met"
    " not"
    " partially partial applicable true false satisfactory unsatisfactory acceptable unacceptable done".split()
)
INTRODUCTION = _pattern(
    "following follows below folgende folgenden folgendes suivant suivante suivants siguiente siguientes"
    " seguinte seguintes seguente seguenti følgende nedenfor",
    "следующ",
)
GENERIC = frozenset(
    "date month year day time name names role roles job title number amount link url value text x xx xxx xxxx n nn"
    " insert here tbd tba"
    " software service period manager person description address email phone signature user type status id version"
    " item option placeholder blank field data content position quantity price percentage reason location"
    " place department"
    " e mail fax telephone tel"
    " datum monat jahr nummer betrag wert ort zeit unterschrift fecha nombre mes año número cantidad nom rôle numéro"
    " montant nome mês ano valor navn dato rolle beløp adresse telefon дата имя сумма номер адрес телефон"
    " 日期 姓名 名称 金额 氏名 住所 所属 役職 電話番号 日付 部门 电话".split()
)
INSTRUCTION = Folded(
    r"(?:please |bitte )?(?:describe|provide|explain|list|identify|attach|insert|enter|summari[sz]e|specify|indicate|"
    r"outline|define|discuss|document|state|detail|give|add|include|complete|fill in|write|"
    r"beschreiben sie|geben sie|erläutern sie|fügen sie|nennen sie|tragen sie|décrivez|décrire|indiquez|indiquer|"
    r"précisez|insérez|describa|indique|describir|inserte|explique|descreva|insira|descrivere|inserire|indicare|"
    r"beskriv|oppgi|angi|sett inn|fyll inn|опишите|укажите|введите|вставьте|opisz|podaj|wpisz|beschrijf|geef|vul)\b",
)
TO_COME = Folded(
    r"(?:blank\s*[-–—]\s*)?please (?:complete|fill in|specify|provide)|to be (?:completed|confirmed|advised|determined"
    r"|added|inserted|defined|agreed)|tb[acd]|n\.\s?n\.|insert (?:text|name|date|details) here|enter text(?: here)?"
    r"|(?:bitte )?(?:ausfüllen|ergänzen)|noch (?:festzulegen|offen|zu ergänzen)|wird ergänzt"
    r"|à (?:compléter|définir|préciser)"
    r"|por (?:definir|completar|determinar)|a (?:definir|preencher|completare|definire)|må fylles ut"
    r"|fylles ut|уточняется"
    r"|заполнить|待定|待填|待填写|请填写|未定|記入してください",
)
PROMPT = re.compile(
    r"blank\s*[-–—]\s*please (?:complete|fill in)|"
    r"(?:click|tap|double-click|press)(?: or tap| or click)?(?: on)? here(?: to (?:enter|add|select|insert|type"
    r"|choose)[^.\n]{0,60})?\.?"
    r"|click or tap to (?:enter|add|select|insert|type|choose)[^.\n]{0,60}\.?"
    r"|klicken(?: oder tippen)? sie(?:, um| hier)[^.\n]{0,60}\.?|cliquez(?: ou appuyez)? ici[^.\n]{0,60}\.?"
    r"|haga clic(?: o pulse)? aquí[^.\n]{0,60}\.?|clique(?: ou toque)? aqui[^.\n]{0,60}\.?"
    r"|(?:fare )?clic(?: o toccare)? qui[^.\n]{0,60}\.?|klikk(?: eller trykk)? her[^.\n]{0,60}\.?"
    r"|klicka(?: eller tryck)? här[^.\n]{0,60}\.?|klik(?: of tik)? (?:hier|her)[^.\n]{0,60}\.?"
    r"|место для ввода[^.\n]{0,40}\.?|щелкните (?:здесь|или)[^.\n]{0,60}\.?|kliknij[^.\n]{0,60}\.?"
    r"|单击或点击此处[^。\n]{0,30}。?|クリックまたはタップ[^。\n]{0,30}。?|(?:choose|select) an item\.?"
    r"|wählen sie ein element aus\.?|choisissez un élément\.?|elija un elemento\.?|velg et element\.?",
    re.IGNORECASE,
)
JOINED = re.compile(r"[/,;&+]|\b(?:and|und|et|y|e|en|og|och|i)\b", re.IGNORECASE)  # City, State, Zip



def words_of(text: str) -> list[str]:
    return WORD.findall(text.casefold())
