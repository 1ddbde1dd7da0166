web-name = Mana komanda
web-skip = Uz saturu
web-languages = Valoda
web-sign-in = Pierakstīties
web-sign-out = Iziet
web-email = E-pasta adrese
web-password = Parole
web-code = Vienreizējais kods
web-code-hint = Tikai tad, ja kontam ir vienreizējie kodi.
web-supervisors-only = Šī lapa ir vadītājiem. Ja vadāt komandu, pierakstieties ar vadītāja kontu.
web-to-the-team = Uz komandas lapu
form-not-ours = Forma nav sūtīta no šīs pierakstīšanās; ielādējiet lapu no jauna un mēģiniet vēlreiz.
    .title = Lapa jāielādē no jauna
team-specialists = Speciālisti
team-nobody = Jūsu komandā vēl nav neviena speciālista.
team-order = Kārtot:
team-order-name = pēc vārda
team-order-load = pēc noslodzes
team-legend = Svītriņas: minimums { $minimum }, nominālā noslodze { $nominal }, maksimums { $maximum }.
team-bar = Noslodze { $load }. Minimums { $minimum }, nominālā { $nominal }, maksimums { $maximum }.
team-bar-would = Noslodze tagad { $load }, kļūtu { $would_be }. Minimums { $minimum }, nominālā { $nominal }, maksimums { $maximum }.
team-load = { $load } no { $maximum }
team-room = brīvs { $room }
team-no-room = vietas nav
team-mix = Lietas pēc sarežģītības
complexity-low = zema
complexity-standard = vidēja
complexity-high = augsta
complexity-crisis = krīze
team-over-until = Virs maksimuma; atļauts līdz { $day }
team-over = Virs maksimuma bez spēkā esoša izņēmuma
team-below = Zem minimuma
team-absent = Prombūtnē līdz { $day }
team-substitutes = aizvieto { $names }
team-uncovered = { $count ->
    [zero] { $count } bērnu bez aizvietotāja
    [one] { $count } bērns bez aizvietotāja
   *[other] { $count } bērni bez aizvietotāja
}
team-rhythm-missed = { $count ->
    [zero] Norunātais tikšanās biežums nav ievērots { $count } lietās
    [one] Norunātais tikšanās biežums nav ievērots { $count } lietā
   *[other] Norunātais tikšanās biežums nav ievērots { $count } lietās
}
team-unannounced = { $count ->
    [zero] { $count } tikšanās 30 dienās nav paziņotas laikus
    [one] { $count } tikšanās 30 dienās nav paziņota laikus
   *[other] { $count } tikšanās 30 dienās nav paziņotas laikus
}
team-waiting = Gaida speciālistu
team-nobody-waits = Neviens bērns negaida.
team-age = { $count ->
    [zero] { $count } gadu
    [one] { $count } gads
   *[other] { $count } gadi
}
team-waits = { $count ->
    [0] gaida kopš šodienas
    [zero] gaida { $count } dienu
    [one] gaida { $count } dienu
   *[other] gaida { $count } dienas
}
team-more-wait = Gaida vēl citi; tie parādīsies, kad pirmajiem būs speciālists.
team-waits-for-decision = Par nosūtījumu vēl jālemj.
priority-urgent = steidzami
priority-high = paaugstināta steidzamība
priority-normal = parasta kārtība
team-assign = Piešķirt
team-assign-whom = Piešķirt speciālistu: { $name }
team-done = { $name }: atbildīgais speciālists tagad ir { $specialist }.
team-undo = Nodot citam speciālistam
team-grants = Ārkārtas piekļuve, par kuru jums jāzina
team-grant = Piekļuve no { $since } līdz { $until }. Iemesls:
team-grant-note = Esmu iepazinies
team-grant-note-whose = Esmu iepazinies ar piekļuvi: { $name }
assign-title = Piešķirt speciālistu: { $name }
assign-complexity = Lietas sarežģītība
assign-preview-for = Rādīt noslodzi, ja sarežģītība ir:
assign-to-whom = Kuram speciālistam
assign-becomes = { $load } → { $would_be } no { $maximum }
assign-too-much = pārsniegtu maksimumu
assign-nobody = Komandā nav cita speciālista.
assign-choose = Izvēlieties speciālistu: pie katra redzams, kāda kļūtu noslodze.
assign-verdict = { $name } → { $specialist }: noslodze { $load } kļūs { $would_be } no { $maximum }.
assign-full-figures = Noslodze { $load } kļūtu { $would_be }, bet maksimums ir { $maximum }.
assign-full-way-out = Izvēlieties citu speciālistu vai pārsniedziet maksimumu, norādot iemeslu un beigu datumu.
assign-exceed = Pārsniegt maksimumu uz laiku
assign-exceed-reason = Iemesls
assign-exceed-until = Līdz kurai dienai
assign-cancel = Atcelt
transfer-title = Nodot lietu: { $name }
transfer-from = Tagad atbild { $specialist }.
transfer-reason = Nodošanas iemesls
transfer-do = Nodot
specialist-cases = Lietas
specialist-no-cases = Atvērtu lietu nav.
specialist-since = kopš { $day }
specialist-last = pēdējā tikšanās { $moment }
specialist-next = nākamā tikšanās { $moment }
specialist-exceeding = Virs maksimuma līdz { $day }
specialist-unannounced = Pēdējās 30 dienās laikus nepaziņotas tikšanās
specialist-all-announced = Par visām sāktajām tikšanām pārstāvji bija informēti laikus.
specialist-year = Noslodze pēdējos divpadsmit mēnešos
specialist-year-said = { $day } noslodze bija { $load }, tagad { $now }. Visi skaitļi ir tabulā.
specialist-year-table = Rādīt skaitļus tabulā
specialist-day = Diena
specialist-load = Noslodze
specialist-maximum = Maksimums
