# Kā tikšanās atkārtojas; vārdi ir teikuma daļa.
rule-every-day = katru dienu
rule-every-so-many-days = ik pēc { $interval ->
    [zero] { $interval } dienām
    [one] { $interval } dienas
   *[other] { $interval } dienām
    }
rule-every-week = katru nedēļu
rule-every-so-many-weeks = ik pēc { $interval ->
    [zero] { $interval } nedēļām
    [one] { $interval } nedēļas
   *[other] { $interval } nedēļām
    }
rule-every-month = katru mēnesi
rule-every-so-many-months = ik pēc { $interval ->
    [zero] { $interval } mēnešiem
    [one] { $interval } mēneša
   *[other] { $interval } mēnešiem
    }
rule-monday-to-friday = katru dienu no pirmdienas līdz piektdienai
rule-weekdays = katru { $days }
rule-on = { $every } { $on }
rule-and = { $several } un { $last }
rule-month-day = { $day }. datumā
rule-last-day = pēdējā dienā
rule-day-from-end = { $day }. dienā no beigām
rule-where-there-is-one = { $words } (ja tāda diena ir)
rule-placed-weekday = { $nth ->
    [1] pirmajā
    [2] otrajā
    [3] trešajā
    [4] ceturtajā
    [5] piektajā
   *[last] pēdējā
    } { $iso_weekday ->
    [1] pirmdienā
    [2] otrdienā
    [3] trešdienā
    [4] ceturtdienā
    [5] piektdienā
    [6] sestdienā
   *[7] svētdienā
    }{ $nth ->
    [5] { " " }(ja tāda diena ir)
   *[other] { "" }
    }
rule-place-among-workdays = { $nth ->
    [1] pirmajā
    [2] otrajā
    [3] trešajā
    [4] ceturtajā
    [5] piektajā
   *[last] pēdējā
    } dienā no pirmdienas līdz piektdienai
rule-place-among-these = { $nth ->
    [1] pirmajā
    [2] otrajā
    [3] trešajā
    [4] ceturtajā
    [5] piektajā
   *[last] pēdējā
    } no šīm dienām: { $days }
rule-times = { $words }, { $times ->
    [zero] { $times } reizes
    [one] { $times } reizi
   *[other] { $times } reizes
    }
rule-until = { $words } līdz { $day }
on-weekday-1 = pirmdien
on-weekday-2 = otrdien
on-weekday-3 = trešdien
on-weekday-4 = ceturtdien
on-weekday-5 = piektdien
on-weekday-6 = sestdien
on-weekday-7 = svētdien
each-weekday-1 = pirmdienu
each-weekday-2 = otrdienu
each-weekday-3 = trešdienu
each-weekday-4 = ceturtdienu
each-weekday-5 = piektdienu
each-weekday-6 = sestdienu
each-weekday-7 = svētdienu
named-weekday-1 = pirmdiena
named-weekday-2 = otrdiena
named-weekday-3 = trešdiena
named-weekday-4 = ceturtdiena
named-weekday-5 = piektdiena
named-weekday-6 = sestdiena
named-weekday-7 = svētdiena
# Ko papildina ziņa par pirmo tikšanos.
announcement-repeats = Pēc tam { $words }.
announcement-repeats-until = Pēc tam { $words } līdz { $day }
# Ko papildina ziņa, ka tikšanās nenotiks.
announcement-repeats-no-more = Pēc tam tikšanās vairs neatkārtojas.
# Priekšskatījums vienā rindā.
series-summary = { $words } plkst. { $clock }: { $times ->
    [zero] { $times } reizes
    [one] { $times } reize
   *[other] { $times } reizes
    }{ $within ->
        [a-year] { " " }gada laikā
       *[all] { "" }
    }{ $clashes ->
    [0] { "" }
    [one] , { $clashes } nav ieplānojama
   *[other] , { $clashes } nav ieplānojamas
    }
# Kas kārtulā nav pareizi un kā būtu pareizi.
rule-part-unknown = "{ $part }" šeit nav atkārtošanās kārtulas daļa. Kārtula izskatās šādi: FREQ=WEEKLY;BYDAY=TU; tajā var būt: { $parts }.
rule-part-twice = { $part } drīkst norādīt tikai vienu reizi.
rule-frequency = FREQ jābūt vienam no: { $choices }.
rule-number = { $part } jābūt veselam skaitlim no { $least } līdz { $most }.
rule-weekdays-unusable = BYDAY satur dažādas nedēļas dienas ({ $days }): visas ar vietu mēnesī (1 līdz 5 vai -1 pēdējai, piemēram, 2TU) vai visas bez tās.
rule-month-days = BYMONTHDAY satur dažādus mēneša datumus: 1 līdz 31 vai -1 (pēdējais) līdz -31.
rule-places = BYSETPOS satur dažādas vietas: 1 līdz 5 vai -1 pēdējai.
rule-until-unreadable = UNTIL ir diena (20270630) vai brīdis pēc UTC (20270630T120000Z).
rule-count-or-until = Kārtula beidzas ar COUNT vai ar UNTIL, nevis ar abiem.
rule-only-monthly = { $part } der tikai kopā ar FREQ=MONTHLY.
rule-days-one-way = Mēneša dienas norāda ar BYDAY vai ar BYMONTHDAY, nevis ar abiem.
rule-places-of-weekdays = BYSETPOS der kopā ar FREQ=MONTHLY un BYDAY bez vietām, piemēram, BYDAY=MO,TU;BYSETPOS=-1.
rule-weekdays-weekly = Nedēļas dienas norāda kopā ar FREQ=WEEKLY, ar FREQ=MONTHLY un ar FREQ=DAILY, ja nav INTERVAL.
rule-week-begins = WKST ir MO: nedēļa sākas pirmdienā.
rule-over-before-beginning = UNTIL ir pirms pirmās reizes.
rule-without-days = Pēc šīs kārtulas nepaliek neviena tikšanās: visas dienas ir izlaistas vai ir pēc bērna 18. dzimšanas dienas.
first-day-not-of-rule = Pirmajai reizei jābūt dienā, kas atbilst kārtulai; nākamā tāda diena ir { $day }.
series-start-before-from = Pirmā no mainītajām tikšanās reizēm nevar būt pirms šīs dienas.
# Atteikumi.
series-over = Šajā tikšanos virknē vairs nav nekā, ko varētu mainīt.
    .title = Tikšanos virkne ir beigusies
