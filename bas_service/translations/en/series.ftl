# How a meeting repeats, in words; they stand within a sentence.
rule-every-day = every day
rule-every-so-many-days = every { $interval ->
    [one] { $interval } day
   *[other] { $interval } days
    }
rule-every-week = every week
rule-every-so-many-weeks = every { $interval ->
    [one] { $interval } week
   *[other] { $interval } weeks
    }
rule-every-month = every month
rule-every-so-many-months = every { $interval ->
    [one] { $interval } month
   *[other] { $interval } months
    }
rule-monday-to-friday = every day from Monday to Friday
rule-weekdays = every { $days }
rule-on = { $every } { $on }
rule-and = { $several } and { $last }
rule-month-day = on day { $day }
rule-last-day = on the last day
rule-day-from-end = on day { $day } from the end
rule-where-there-is-one = { $words } (where there is one)
rule-placed-weekday = on the { $nth ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
   *[last] last
    } { $iso_weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
    }{ $nth ->
    [5] { " " }(where there is one)
   *[other] { "" }
    }
rule-place-among-workdays = on the { $nth ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
   *[last] last
    } day from Monday to Friday
rule-place-among-these = on the { $nth ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
   *[last] last
    } of these days: { $days }
rule-times = { $words }, { $times ->
    [one] { $times } time
   *[other] { $times } times
    }
rule-until = { $words } until { $day }
on-weekday-1 = on Monday
on-weekday-2 = on Tuesday
on-weekday-3 = on Wednesday
on-weekday-4 = on Thursday
on-weekday-5 = on Friday
on-weekday-6 = on Saturday
on-weekday-7 = on Sunday
each-weekday-1 = Monday
each-weekday-2 = Tuesday
each-weekday-3 = Wednesday
each-weekday-4 = Thursday
each-weekday-5 = Friday
each-weekday-6 = Saturday
each-weekday-7 = Sunday
named-weekday-1 = Monday
named-weekday-2 = Tuesday
named-weekday-3 = Wednesday
named-weekday-4 = Thursday
named-weekday-5 = Friday
named-weekday-6 = Saturday
named-weekday-7 = Sunday
# What the text about the first meeting adds.
announcement-repeats = Then { $words }.
announcement-repeats-until = Then { $words } until { $day }
# What the text that a meeting is called off adds.
announcement-repeats-no-more = After that the meetings no longer repeat.
# A preview in one line.
series-summary = { $words } at { $clock }: { $times ->
    [one] { $times } time
   *[other] { $times } times
    }{ $within ->
        [a-year] { " " }in a year
       *[all] { "" }
    }{ $clashes ->
    [0] { "" }
    [one] , { $clashes } cannot be planned
   *[other] , { $clashes } cannot be planned
    }
# What is wrong with a rule, and what would be right.
rule-part-unknown = "{ $part }" is no part of a rule here. A rule looks like FREQ=WEEKLY;BYDAY=TU and may have: { $parts }.
rule-part-twice = { $part } may be said once only.
rule-frequency = FREQ must be one of: { $choices }.
rule-number = { $part } must be a whole number from { $least } to { $most }.
rule-weekdays-unusable = BYDAY holds different weekdays ({ $days }), all with a place in the month (1 to 5, or -1 for the last, as in 2TU) or all without.
rule-month-days = BYMONTHDAY holds different days of the month: 1 to 31, or -1 (the last) to -31.
rule-places = BYSETPOS holds different places: 1 to 5, or -1 for the last.
rule-until-unreadable = UNTIL is a day (20270630) or a moment in UTC (20270630T120000Z).
rule-count-or-until = A rule ends by COUNT or by UNTIL, not by both.
rule-only-monthly = { $part } goes with FREQ=MONTHLY only.
rule-days-one-way = Say the days of the month by BYDAY or by BYMONTHDAY, not by both.
rule-places-of-weekdays = BYSETPOS goes with FREQ=MONTHLY and a BYDAY without places, as in BYDAY=MO,TU;BYSETPOS=-1.
rule-weekdays-weekly = Weekdays go with FREQ=WEEKLY, with FREQ=MONTHLY, and with FREQ=DAILY where there is no INTERVAL.
rule-week-begins = WKST is MO: a week begins on Monday.
rule-over-before-beginning = UNTIL is before the first time.
rule-without-days = By this rule no meeting is left: each day is left out, or after the child's 18th birthday.
first-day-not-of-rule = The first time must be on a day of the rule; the next one is { $day }.
series-start-before-from = The first of the changed meetings cannot be before that day.
# Refusals.
series-over = There is nothing left of this series that could be changed.
    .title = The series is over
