web-name = My team
web-skip = Skip to content
web-languages = Language
web-sign-in = Sign in
web-sign-out = Sign out
web-email = E-mail address
web-password = Password
web-code = One-time code
web-code-hint = Only if your account uses one-time codes.
web-supervisors-only = This page is for supervisors. If you lead a team, sign in with your supervisor's account.
web-to-the-team = To the team's page
form-not-ours = The form does not belong to the present sign-in; load the page again and try once more.
    .title = Load the page again
team-specialists = Specialists
team-nobody = There is no specialist in your team yet.
team-order = Order:
team-order-name = by name
team-order-load = by load
team-legend = The marks: minimum { $minimum }, nominal { $nominal }, maximum { $maximum }.
team-bar = Load { $load }. Minimum { $minimum }, nominal { $nominal }, maximum { $maximum }.
team-bar-would = Load now { $load }, would become { $would_be }. Minimum { $minimum }, nominal { $nominal }, maximum { $maximum }.
team-load = { $load } of { $maximum }
team-room = room for { $room }
team-no-room = no room
team-mix = Cases by complexity
complexity-low = low
complexity-standard = standard
complexity-high = high
complexity-crisis = crisis
team-over-until = Above the maximum; allowed until { $day }
team-over = Above the maximum, and no exception is in force
team-below = Below the minimum
team-absent = Away until { $day }
team-substitutes = { $names } standing in
team-uncovered = { $count ->
    [one] { $count } child without a substitute
   *[other] { $count } children without a substitute
}
team-rhythm-missed = { $count ->
    [one] The agreed rhythm is missed in { $count } case
   *[other] The agreed rhythm is missed in { $count } cases
}
team-unannounced = { $count ->
    [one] { $count } meeting in 30 days was not announced in time
   *[other] { $count } meetings in 30 days were not announced in time
}
team-waiting = Waiting for a specialist
team-nobody-waits = No child is waiting.
team-age = { $count ->
    [one] { $count } year old
   *[other] { $count } years old
}
team-waits = { $count ->
    [0] waits since today
    [one] waits { $count } day
   *[other] waits { $count } days
}
team-more-wait = More are waiting; they appear as the first ones get a specialist.
team-waits-for-decision = The referral is still to be decided.
priority-urgent = urgent
priority-high = high priority
priority-normal = usual priority
team-assign = Assign
team-assign-whom = Assign a specialist: { $name }
team-done = { $name }: the responsible specialist is now { $specialist }.
team-undo = Hand over to another one
team-grants = Emergency access you must know of
team-grant = Access from { $since } until { $until }. The reason:
team-grant-note = I have taken notice
team-grant-note-whose = I have taken notice of the access: { $name }
told-title = Who was told
told-alarms = The service itself needs somebody
told-month = This month
told-begun = Meetings begun
told-in-time = Announced in time
told-channel-sms = Text messages
told-channel-email = E-mails
told-sent = { $count } sent
told-delivered = { $count } delivered
told-uncertain = { $count } in doubt
told-by-people = Told by a person
told-not-in-time = Not announced in time, by reason
told-why-nobody-to-tell = nobody to tell
told-why-nothing-written = nothing written
told-why-failed = not reached
told-why-uncertain = in doubt
told-why-not-sent = not sent before the start
told-why-withdrawn = withdrawn
told-why-changed-too-late = changed too late
told-why-too-late = sent too late
told-why-by-a-person = told by a person only
told-no-meetings-begun = No meeting has begun this month yet.
told-specialist = Specialist
told-all = All
told-day = Day
told-narrow = Show
told-to-come = Today and tomorrow
told-past = The past seven days
told-not-known = { $count ->
    [one] Of { $count } meeting somebody does not know yet.
   *[other] Of { $count } meetings somebody does not know yet.
}
told-all-known = Everybody knows.
told-late = { $count ->
    [one] { $count } meeting was not announced in time.
   *[other] { $count } meetings were not announced in time.
}
told-all-in-time = All were announced in time.
told-none = There are no meetings.
told-more = There are more; choose a specialist or a day.
told-task = Whose task it is now: { $name }
told-news-off = Cancelled, and somebody does not know that yet.
told-news-later = It takes longer, and somebody does not know that yet.
team-untold = { $count ->
    [one] Of { $count } meeting of today and tomorrow somebody does not know yet.
   *[other] Of { $count } meetings of today and tomorrow somebody does not know yet.
}
team-all-told = Of all meetings of today and tomorrow everybody knows.
assign-title = Assign a specialist: { $name }
assign-complexity = Complexity of the case
assign-preview-for = Show the loads for the complexity:
assign-to-whom = To which specialist
assign-becomes = { $load } → { $would_be } of { $maximum }
assign-too-much = would exceed the maximum
assign-nobody = There is no other specialist in the team.
assign-choose = Choose a specialist: each one shows what the load would become.
assign-verdict = { $name } → { $specialist }: the load of { $load } becomes { $would_be } of { $maximum }.
assign-full-figures = The load of { $load } would become { $would_be }, and { $maximum } is the maximum.
assign-full-way-out = Choose another specialist, or exceed the maximum with a reason and an end date.
assign-exceed = Exceed the maximum for a while
assign-exceed-reason = Reason
assign-exceed-until = Until which day
assign-cancel = Cancel
transfer-title = Hand over the case: { $name }
transfer-from = Responsible now: { $specialist }.
transfer-reason = Reason for the hand-over
transfer-do = Hand over
specialist-cases = Cases
specialist-no-cases = There are no open cases.
specialist-since = since { $day }
specialist-last = last meeting { $moment }
specialist-next = next meeting { $moment }
specialist-exceeding = Above the maximum until { $day }
specialist-unannounced = Meetings of the last 30 days not announced in time
specialist-all-announced = Before every meeting that began, the representatives were told in time.
specialist-year = Load over the past twelve months
specialist-year-said = On { $day } the load was { $load }, now it is { $now }. All figures are in the table.
specialist-year-table = Show the figures in a table
specialist-day = Day
specialist-load = Load
specialist-maximum = Maximum
