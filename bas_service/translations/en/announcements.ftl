announcement-planned = { $name }: { $weekday } { $day }.{ $month }. at { $clock } { $kind ->
    [accompaniment] going out with the child support specialist
   *[other] meeting with the child support specialist
    }. Place: { $place }. Away for about { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
    }
announcement-changed = CHANGED. { $name }: { $weekday } { $day }.{ $month }. at { $clock } { $kind ->
    [accompaniment] going out with the child support specialist
   *[other] meeting with the child support specialist
    }. Place: { $place }. Away for about { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
    }
announcement-cancelled = CANCELLED. { $name }: the meeting planned for { $weekday } { $day }.{ $month }. at { $clock } will not take place. { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
    }
announcement-extended = { $name } will be back later: the meeting lasts until about { $clock }. { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
    }
hours = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
    }
minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
    }
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
place-office = { $given ->
    [no] office of the Child Protection Centre
   *[yes] { $said }
    }
place-home = { $given ->
    [no] the child's home
   *[yes] the child's home, { $said }
    }
place-address = { $said }
place-remote = by phone or internet
place-on-the-way = on the way: { $said }
