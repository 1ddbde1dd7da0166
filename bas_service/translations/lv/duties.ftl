# Pienākumi: kas cilvēkam jāizdara. Dienas rakstītas šādi: 31.12.2026.
duty-emergency-access = Citas komandas darbinieks ārkārtas gadījumā skatās šī bērna lietu. Noskaidrojiet, kas un kāpēc, un apstipriniet, ka zināt.
duty-case-received = Šī lieta ir nodota jums. Iepazīstieties ar to un satieciet bērnu.
duty-exception-ends = Atļauja pārsniegt augstāko noslodzi beidzas { $until }. Līdz tam atrodiet vietu vai pagariniet atļauju, norādot iemeslu.
duty-rhythm-missed = Nav ievērots norunātais tikšanās biežums: tikšanās bija jānotur līdz { $due_on }.
duty-child-unreachable = Bērnu neizdevās sasniegt { $attempts ->
    [zero] { $attempts } reizes
    [one] { $attempts } reizi
   *[other] { $attempts } reizes
 } pēc kārtas. Izlemiet, kas darāms un kas jāinformē.
duty-overdue-return = Tikšanās bija jābeidz plkst. { $clock }. Vai viss kārtībā? Pagariniet to, pabeidziet vai pasakiet šeit, kas noticis.
duty-overdue-alarm = Bērnam bija jāatgriežas plkst. { $clock }, un speciālists neatbild. Noskaidrojiet, kur ir bērns.
duty-meeting-unsettled = Tikšanās { $day } plkst. { $clock } nav ne sākta, ne atzīmēta kā nenotikusi. Ierakstiet, kas ar to notika.
duty-consent-lost = Plānotai pavadīšanai vairs nav spēkā esošas piekrišanas ({ $day }, { $clock }). Saņemiet to vai atceliet pavadīšanu.
duty-consent-refused = Likumiskais pārstāvis nepiekrīt tam, ko lūdzāt ar saiti. Aprunājieties ar viņu vai plānojiet citādi.
duty-consent-unanswered = Uz lūgumu piekrist, kas nosūtīts ar saiti, nav atbildes, un saite vairs nedarbojas. Lūdziet vēlreiz vai citā veidā.
duty-link-not-arrived = { $purpose ->
    [consent] Likumiskais pārstāvis, iespējams, nav saņēmis saiti ar jūsu lūgumu piekrist: { $channel ->
        [email] e-pasta vēstule nav nosūtīta vai nav pienākusi
       *[sms] īsziņa nav nosūtīta vai nav pienākusi
     }. Lūdziet vēlreiz citā veidā vai klātienē.
   *[see] Likumiskais pārstāvis, iespējams, nav saņēmis saiti uz plānoto: { $channel ->
        [email] e-pasta vēstule nav nosūtīta vai nav pienākusi
       *[sms] īsziņa nav nosūtīta vai nav pienākusi
     }. Nosūtiet to citā veidā vai pastāstiet klātienē.
 }
duty-consent-withdrawn = Likumiskais pārstāvis ar saiti atsauca piekrišanu. Ņemiet to vērā, pirms kaut ko plānojat.
duty-series-not-planned = { $why ->
    [consent-missing] Regulāro pavadīšanu { $day }. plkst. { $clock } neizdevās ieplānot: nav spēkā esošas piekrišanas. Saņemiet to vai izlaidiet šo reizi.
   *[meeting-overlaps] Regulāro tikšanos { $day }. plkst. { $clock } neizdevās ieplānot: tā pārklājas ar citu. Atrodiet citu laiku vai izlaidiet šo reizi.
 }
duty-series-day-unusual = Regulārā tikšanās { $day }. plkst. { $clock } ir ieplānota.{ $holiday ->
    [yes] { " " }Tā ir svētku diena.
   *[no] { "" }
 }{ $absent ->
    [yes] { " " }Speciālists tajā dienā ir prombūtnē.
   *[no] { "" }
 }{ $full ->
    [yes] { " " }Bērna nedēļa ir pārāk pilna.
   *[no] { "" }
 } Pārceliet to vai atstājiet, kā ir.
# Ko likumiskais pārstāvis nezina un līdz kuram brīdim viņš jāinformē; abus ievieto tālākajos tekstos.
unreached-news = { $what ->
    [off] , ka tikšanās { $day }. plkst. { $clock } nenotiks
    [later] , ka tikšanās { $day }. beigsies vēlāk, plkst. { $ends }
   *[meeting] { " " }par tikšanos { $day }. plkst. { $clock }
 }
unreached-by-when = { $what ->
   *[meeting] Pirms tās sākuma
    [off] Tūlīt
    [later] Tūlīt
 }
duty-representative-unreached = { $whom ->
    [nobody] Nav neviena bērna likumiskā pārstāvja, ko varētu informēt par tikšanos { $day }. plkst. { $clock }. Pirms tās noskaidrojiet, kurš ir informējams.
    [sharing] Likumiskais pārstāvis nezina{ $news }: to pašu numuru vai adresi lieto kāds, kurš vietu nedrīkst uzzināt, tāpēc uz turieni nekas nav rakstīts. { $by_when } informējiet viņu klātienē, nevis pa šo numuru.
    [uncertain] Nav skaidrs, vai likumiskais pārstāvis zina{ $news }: nav zināms, vai ziņa nosūtīta. { $by_when } informējiet viņu pa tālruni.
    [unconfirmed] Nav apstiprināts, ka likumiskais pārstāvis zina{ $news }: ziņa nosūtīta, bet apstiprinājums nav saņemts. { $by_when } informējiet viņu pa tālruni.
   *[somebody] Likumiskais pārstāvis nezina{ $news }. { $by_when } informējiet viņu pa tālruni.
 }
duty-representative-unreached-escalated = { $whom ->
    [nobody] Nav neviena bērna likumiskā pārstāvja, ko varētu informēt par tikšanos { $day }. plkst. { $clock }, un tā drīz sāksies. Izlemiet, kas darāms.
    [sharing] Likumiskais pārstāvis joprojām nezina{ $news }. To pašu numuru vai adresi lieto kāds, kurš vietu nedrīkst uzzināt. { $by_when } gādājiet, lai viņu informē klātienē.
    [uncertain] Joprojām nav skaidrs, vai likumiskais pārstāvis zina{ $news }. { $by_when } gādājiet, lai viņu informē pa tālruni.
    [unconfirmed] Joprojām nav apstiprināts, ka likumiskais pārstāvis zina{ $news }. { $by_when } gādājiet, lai viņu informē pa tālruni.
   *[somebody] Likumiskais pārstāvis joprojām nezina{ $news }. { $by_when } gādājiet, lai viņu informē pa tālruni.
 }
duty-cancellation-not-told = Likumiskais pārstāvis rēķinājās ar tikšanos { $day }. plkst. { $clock }, bet tā bija atcelta: tikai pēc tam izrādījās, ka ziņa par to ir saņemta. Informējiet viņu pa tālruni.
duty-representative-replied = Likumiskais pārstāvis { $day }. plkst. { $clock } atbildēja ar īsziņu. Izlasiet to bērna lietā.
