# Duties: what a person must do. Days are spelled 31.12.2026.
duty-emergency-access = Somebody of another team looks into this child's file in an emergency. See who and why, and say that you know.
duty-case-received = This case was handed over to you. Read it and meet the child.
duty-exception-ends = The exception from the maximum ends on { $until }. Find room by then, or prolong it with a reason.
duty-rhythm-missed = The agreed rhythm was missed: a meeting was due by { $due_on }.
duty-child-unreachable = The child could not be reached { $attempts ->
    [one] { $attempts } time
   *[other] { $attempts } times
 } in a row. Decide what is to be done, and whom to inform.
duty-overdue-return = The meeting was to end at { $clock }. Is everything all right? Make it longer, finish it, or say here what is the matter.
duty-overdue-alarm = A child was to be back at { $clock }, and the specialist does not answer. Find out where the child is.
duty-meeting-unsettled = The meeting on { $day } at { $clock } was neither started nor recorded as missed. Record what became of it.
duty-consent-lost = A planned accompaniment has no consent in force any more ({ $day }, { $clock }). Get one, or cancel it.
duty-consent-refused = A legal representative does not agree to what you asked by a link. Talk with them, or plan otherwise.
duty-consent-unanswered = Nobody answered what you asked by a link, and the link does not work any more. Ask again, or in another way.
duty-link-not-arrived = { $purpose ->
    [consent] Your question by a link may not have reached a legal representative: the { $channel ->
        [email] e-mail
       *[sms] text message
     } did not go out, or did not arrive. Ask again by another way, or in person.
   *[see] The link to what is planned may not have reached a legal representative: the { $channel ->
        [email] e-mail
       *[sms] text message
     } did not go out, or did not arrive. Send it by another way, or tell them in person.
 }
duty-consent-withdrawn = A legal representative withdrew an agreement by a link. Bear it in mind before you plan.
duty-series-not-planned = { $why ->
    [consent-missing] The repeating accompaniment on { $day } at { $clock } could not be planned: no consent is in force. Get one, or leave it out.
   *[meeting-overlaps] The repeating meeting on { $day } at { $clock } could not be planned: it overlaps another one. Find another time, or leave it out.
 }
duty-series-day-unusual = The repeating meeting on { $day } at { $clock } was planned.{ $holiday ->
    [yes] { " " }That day is a public holiday.
   *[no] { "" }
 }{ $absent ->
    [yes] { " " }The specialist is absent that day.
   *[no] { "" }
 }{ $full ->
    [yes] { " " }The child's week is too full.
   *[no] { "" }
 } Move it, or leave it as it is.
# What a representative does not know, and by when they are to be told; both are put into the texts below.
unreached-news = { $what ->
    [off] { " " }that the meeting on { $day } at { $clock } will not take place
    [later] { " " }that the meeting on { $day } ends later, at { $ends }
   *[meeting] { " " }of the meeting on { $day } at { $clock }
 }
unreached-by-when = { $what ->
   *[meeting] Before it begins
    [off] At once
    [later] At once
 }
duty-representative-unreached = { $whom ->
    [nobody] Nobody who represents the child can be told about the meeting on { $day } at { $clock }. Find out before it begins who may be told.
    [sharing] A legal representative does not know{ $news }: somebody with the same number or address must not learn the place, so nothing was written there. { $by_when } tell them in person and not at this number.
    [uncertain] Whether a legal representative knows{ $news } is uncertain: nobody can say whether the message went out. { $by_when } ask and tell them by telephone.
    [unconfirmed] Whether a legal representative knows{ $news } is not confirmed: the message was sent, and no receipt has come. { $by_when } ask and tell them by telephone.
   *[somebody] A legal representative does not know{ $news }. { $by_when } tell them by telephone.
 }
duty-representative-unreached-escalated = { $whom ->
    [nobody] Nobody who represents the child can be told about the meeting on { $day } at { $clock }, and it begins soon. Decide what is to be done.
    [sharing] A legal representative still does not know{ $news }. Somebody with the same number or address must not learn the place. { $by_when } see to it that they are told in person.
    [uncertain] Whether a legal representative knows{ $news } is still uncertain. { $by_when } see to it that they are told by telephone.
    [unconfirmed] It is still not confirmed that a legal representative knows{ $news }. { $by_when } see to it that they are told by telephone.
   *[somebody] A legal representative still does not know{ $news }. { $by_when } see to it that they are told by telephone.
 }
duty-cancellation-not-told = A legal representative reckoned with the meeting on { $day } at { $clock }, which was cancelled: only afterwards it turned out that the message about it had arrived. Tell them by telephone.
duty-representative-replied = A legal representative answered by text message on { $day } at { $clock }. Read it with the child.
