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
told-title = Kas ir informēts
told-alarms = Pašam pakalpojumam vajadzīga uzmanība
told-month = Šis mēnesis
told-begun = Sāktās tikšanās
told-in-time = Paziņotas laikus
told-channel-sms = Īsziņas
told-channel-email = E-pasta vēstules
told-sent = nosūtītas { $count }
told-delivered = piegādātas { $count }
told-uncertain = neskaidras { $count }
told-by-people = Paziņots citādi, ne rakstiski
told-not-in-time = Nav paziņotas laikus, pēc iemesla
told-why-nobody-to-tell = nav neviena, ko informēt
told-why-nothing-written = nav rakstiskas ziņas
told-why-failed = nav sasniegts
told-why-uncertain = neskaidrs
told-why-not-sent = līdz sākumam nav nosūtīts
told-why-withdrawn = atsaukts
told-why-changed-too-late = izmaiņas par vēlu
told-why-too-late = nosūtīts par vēlu
told-why-by-a-person = paziņots tikai citādi
told-no-meetings-begun = Šomēnes vēl nav sākta neviena tikšanās.
told-specialist = Speciālists
told-all = Visi
told-day = Diena
told-narrow = Rādīt
told-to-come = Šodien un rīt
told-past = Pēdējās septiņas dienas
told-not-known = { $count ->
    [zero] Par { $count } tikšanām kāds vēl nezina.
    [one] Par { $count } tikšanos kāds vēl nezina.
   *[other] Par { $count } tikšanām kāds vēl nezina.
}
told-all-known = Visi zina.
told-late = { $count ->
    [zero] { $count } tikšanās nav paziņotas laikus.
    [one] { $count } tikšanās nav paziņota laikus.
   *[other] { $count } tikšanās nav paziņotas laikus.
}
told-all-in-time = Visas paziņotas laikus.
told-none = Tikšanos nav.
told-more = Ir vēl citas; izvēlieties speciālistu vai dienu.
told-task = Kam tas tagad jādara: { $name }
told-news-off = Atcelta, un kāds to vēl nezina.
told-news-later = Tā beigsies vēlāk, un kāds to vēl nezina.
team-untold = { $count ->
    [zero] Par { $count } šodienas un rītdienas tikšanām kāds vēl nezina.
    [one] Par { $count } šodienas un rītdienas tikšanos kāds vēl nezina.
   *[other] Par { $count } šodienas un rītdienas tikšanām kāds vēl nezina.
}
team-all-told = Par visām šodienas un rītdienas tikšanām visi zina.
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
