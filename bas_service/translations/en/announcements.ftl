announcement-planned = { $name }: { $when } { $activity }. Place: { $place }. Away for about { $duration }.{ $repeats } { $contact }
announcement-changed = CHANGED. { $name }: { $when } { $activity }. Place: { $place }. Away for about { $duration }.{ $before }{ $repeats } { $contact }
announcement-cancelled = { $many ->
    [yes] CANCELLED. { $name }: the meetings planned for { $when } will not take place.{ $repeats } { $contact }
   *[no] CANCELLED. { $name }: the meeting planned for { $when } will not take place.{ $repeats } { $contact }
    }
announcement-extended = { $name } will be back later: the meeting lasts until about { $ends }. { $contact }
announcement-reminder = REMINDER. { $name }: { $when } { $activity }. Place: { $place }. Away for about { $duration }. { $contact }
announcement-returned = { $name }: the meeting with the child support specialist ended at { $ends }. { $contact }
announcement-subject = { $name }: about a meeting
told-when = { $weekday } { $day }.{ $month }. at { $clock }
told-when-days = { $days } at { $clock }
told-activity = { $kind ->
    [accompaniment] going out with the child support specialist
   *[other] meeting with the child support specialist
    }
told-contact = { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
    }
told-about = about { $duration }
told-before = (Before: { $said }.)
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
template-field-unknown = The text knows no place “{ $name }”. Possible: { $choices }.
template-braces = Braces may only hold the name of a place to fill: { $choices }.
template-field-lacking = The text must hold: { $names }.
template-holds-link = The text must not hold a link: parents would take it for fraud. Put a blank between a full stop and a word.
template-unseen-characters = The text holds characters that cannot be seen: write it without them.
template-too-long = The text is too long: it must not take more than { $most } parts.
template-too-long-at-worst = The text is too long: with the longest names and places it would have more than { $most } characters, which nobody sends.
template-not-seen = First look at just this text in the preview, and send the mark given there.
template-date-taken = Another wording of this text begins on this day already.
    .title = Date taken
template-begun = This wording is or was in use; make a new one instead.
    .title = The wording has begun
