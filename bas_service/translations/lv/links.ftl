# Saites likumiskajam pārstāvim: īsziņa, lapas. Vārdi lapās likti nominatīvā (aiz kola vai iekavās), lai tie nav jāloka.
# Kas mainās tekstos „consent-…”, ko pārstāvis izlasa pirms atbildes, tam jāceļ arī WORDING_VERSION.
link-message-consent = { $specialist } no Bērnu aizsardzības centra lūdz jūsu piekrišanu: { $link }
link-message-see = { $specialist } no Bērnu aizsardzības centra sūta jums saiti uz plānoto: { $link }
link-from = Bērnu aizsardzības centrs
link-languages = Valoda
link-title = Ziņa jums
link-why-digits = Lai turpinātu, ievadiet tā tālruņa numura pēdējos ciparus, uz kuru atnāca īsziņa. Tā mēs zinām, ka lapu atver tas, kam tā sūtīta.
link-why-birth-date = Lai turpinātu, ievadiet bērna dzimšanas datumu. Tā mēs zinām, ka lapu atver tas, kam tā sūtīta.
link-digits = Numura pēdējie { $digits } cipari
link-birth-date = Bērna dzimšanas datums
link-go-on = Turpināt
link-back = Atpakaļ
link-close = Lapu tagad varat aizvērt.
link-dead = Šī saite nedarbojas: varbūt tā jau ir izmantota, ir beidzies tās termiņš vai tā nav pilna. Palūdziet jaunu bērna atbalsta speciālistam.
    .title = Saite nedarbojas
factor-wrong = Tas nesakrīt. { $tries ->
    [zero] Atlikuši { $tries } mēģinājumi
    [one] Atlicis { $tries } mēģinājums
   *[other] Atlikuši { $tries } mēģinājumi
 }, pēc tam saite vairs nedarbosies.
    .title = Nesakrīt
page-over = Lapa bija atvērta pārāk ilgi vai ir mainījusies. Ievadiet vēlreiz.
    .title = Jāievada vēlreiz
consent-title = Lūdzam jūsu piekrišanu
consent-asked-by = Piekrišanu lūdz: { $asker }, Bērnu aizsardzības centrs.
consent-child = Bērns: { $name }.
consent-what-accompaniment = Par ko: bērna atbalsta speciālists pavada bērnu uz iestādi vai pie cita speciālista.
consent-what-transport = Par ko: bērna atbalsta speciālists ved bērnu līdzi automašīnā vai sabiedriskajā transportā.
consent-where = { $given ->
    [no] Kurp: uz jebkuru iestādi vai pie jebkura speciālista.
   *[yes] Kurp: { $institution }
 }
consent-why = Kāpēc: { $purpose }
consent-until = { $given ->
    [no] Cik ilgi: līdz piekrišanu atsauksiet.
   *[yes] Cik ilgi: līdz { $day } (šo dienu ieskaitot), ja neatsauksiet agrāk.
 }
consent-may-refuse = Jūs drīkstat arī nepiekrist.
consent-may-withdraw = Piekrišanu varat atsaukt jebkurā laikā: tūlīt pēc atbildes lapā, kas atvērsies, vai vēlāk, palūdzot jaunu saiti bērna atbalsta speciālistam ({ $specialist }{ $phone ->
    [none] ).
   *[other] , tālr. { $phone }).
 }
consent-yes = Piekrītu
consent-no = Nepiekrītu
consent-thanks = Paldies!
consent-agreed = Jūsu piekrišana ir saņemta { $day }. plkst. { $clock }.
consent-refused = Jūsu atbilde ir saņemta { $day }. plkst. { $clock }: jūs nepiekrītat.
consent-withdraw = Atsaukt piekrišanu
consent-given-on = Piekrišana dota: { $day }.
consent-withdrawal = Es atsaucu šo piekrišanu. No šī brīža tā vairs nav spēkā.
consent-withdrawn = Piekrišana ir atsaukta { $day }. plkst. { $clock }.
see-title = Plānotās tikšanās
see-nothing = Pašlaik nekas nav plānots.
see-when = { $day }, plkst. { $clock }
see-place = Vieta: { $place }
see-away = Prombūtne: apmēram { $duration }
see-with = Kopā ar bērnu: { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
 }
see-read = Izlasīju
see-read-at = Izlasīts: { $day }. plkst. { $clock }
see-consents = Jūsu piekrišanas
