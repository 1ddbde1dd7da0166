# Īsziņas likumiskajam pārstāvim. Īsi: katra lieka zīme var maksāt vēl vienu īsziņas daļu.
announcement-planned = { $name }: { $when } { $activity }. Vieta: { $place }. Prombūtne: apmēram { $duration }.{ $repeats } { $contact }
announcement-changed = IZMAIŅAS. { $name }: { $when } { $activity }. Vieta: { $place }. Prombūtne: apmēram { $duration }.{ $before }{ $repeats } { $contact }
announcement-cancelled = { $many ->
    [yes] ATCELTS. { $name }: { $when } plānotās tikšanās nenotiks.{ $repeats } { $contact }
   *[no] ATCELTS. { $name }: { $when } plānotā tikšanās nenotiks.{ $repeats } { $contact }
    }
announcement-extended = { $name } atgriezīsies vēlāk: tikšanās ilgs apmēram līdz plkst. { $ends }. { $contact }
announcement-reminder = ATGĀDINĀJUMS. { $name }: { $when } { $activity }. Vieta: { $place }. Prombūtne: apmēram { $duration }. { $contact }
announcement-returned = { $name }: tikšanās ar bērna atbalsta speciālistu ir beigusies plkst. { $ends }. { $contact }
announcement-subject = { $name }: par tikšanos
told-when = { $weekday }, { $day }.{ $month }. plkst. { $clock }
told-when-days = { $days } plkst. { $clock }
told-activity = { $kind ->
    [accompaniment] došanās kopā ar bērna atbalsta speciālistu
   *[other] tikšanās ar bērna atbalsta speciālistu
    }
told-contact = { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
    }
told-about = apmēram { $duration }
told-before = (Iepriekš: { $said }.)
hours = { $hours ->
    [zero] { $hours } stundas
    [one] { $hours } stunda
   *[other] { $hours } stundas
    }
minutes = { $minutes ->
    [zero] { $minutes } minūtes
    [one] { $minutes } minūte
   *[other] { $minutes } minūtes
    }
weekday-1 = pirmdien
weekday-2 = otrdien
weekday-3 = trešdien
weekday-4 = ceturtdien
weekday-5 = piektdien
weekday-6 = sestdien
weekday-7 = svētdien
place-office = { $given ->
    [no] Bērnu aizsardzības centra birojs
   *[yes] { $said }
    }
place-home = { $given ->
    [no] bērna mājas
   *[yes] bērna mājas, { $said }
    }
place-address = { $said }
place-remote = attālināti, pa tālruni vai internetā
place-on-the-way = ceļā: { $said }
template-field-unknown = Teksts nepazīst vietu “{ $name }”. Iespējamās: { $choices }.
template-braces = Figūriekavās drīkst būt tikai vietas nosaukums: { $choices }.
template-field-lacking = Tekstā jābūt: { $names }.
template-holds-link = Tekstā nedrīkst būt saites: vecāki tās uzskatītu par krāpšanu. Aiz punkta, kam seko vārds, lieciet atstarpi.
template-unseen-characters = Tekstā ir neredzamas zīmes: uzrakstiet to bez tām.
template-too-long = Teksts ir pārāk garš: tas nedrīkst aizņemt vairāk par { $most } īsziņas daļām.
template-too-long-at-worst = Teksts ir pārāk garš: ar visgarākajiem vārdiem un vietām tajā būtu vairāk par { $most } zīmēm, un tādu neviens nenosūta.
template-not-seen = Vispirms apskatiet tieši šo tekstu priekšskatījumā un nosūtiet tur saņemto zīmi.
template-date-taken = Šim tekstam no šīs dienas jau ir cits formulējums.
    .title = Šis datums jau ir aizņemts
template-begun = Šis formulējums jau tiek lietots vai ir lietots; sagatavojiet jaunu.
    .title = Formulējums jau lietots
