# Īsziņas likumiskajam pārstāvim. Īsi: katra lieka zīme var maksāt vēl vienu īsziņas daļu.
announcement-planned = { $name }: { $weekday }, { $day }.{ $month }. plkst. { $clock } { $kind ->
    [accompaniment] došanās kopā ar bērna atbalsta speciālistu
   *[other] tikšanās ar bērna atbalsta speciālistu
    }. Vieta: { $place }. Prombūtne: apmēram { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
    }
announcement-changed = IZMAIŅAS. { $name }: { $weekday }, { $day }.{ $month }. plkst. { $clock } { $kind ->
    [accompaniment] došanās kopā ar bērna atbalsta speciālistu
   *[other] tikšanās ar bērna atbalsta speciālistu
    }. Vieta: { $place }. Prombūtne: apmēram { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
    }
announcement-cancelled = ATCELTS. { $name }: { $weekday }, { $day }.{ $month }. plkst. { $clock } plānotā tikšanās nenotiks. { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
    }
announcement-extended = { $name } atgriezīsies vēlāk: tikšanās ilgs apmēram līdz plkst. { $clock }. { $specialist }{ $phone ->
    [none] .
   *[other] , tālr. { $phone }
    }
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
