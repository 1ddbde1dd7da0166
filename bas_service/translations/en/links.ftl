# Links for legal representatives: the text message, the pages.
# Whoever changes one of the texts "consent-…" that a representative reads before answering raises WORDING_VERSION.
link-message-consent = { $specialist } from the Child Protection Centre asks for your agreement: { $link }
link-message-see = { $specialist } from the Child Protection Centre sends you a link to what is planned: { $link }
link-from = Child Protection Centre
link-languages = Language
link-title = A message for you
link-why-digits = To go on, enter the last digits of the telephone number that the text message came to. So we know that the page is opened by the person it was sent to.
link-why-birth-date = To go on, enter the child's date of birth. So we know that the page is opened by the person it was sent to.
link-digits = Last { $digits } digits of the number
link-birth-date = The child's date of birth
link-go-on = Go on
link-back = Back
link-close = You can close this page now.
link-dead = This link does not work: it may have been used already, its time may be over, or it is not whole. Ask the child support specialist for a new one.
    .title = The link does not work
factor-wrong = That does not fit. { $tries ->
    [one] { $tries } try is left
   *[other] { $tries } tries are left
 }, then the link stops working.
    .title = That does not fit
page-over = The page was open for too long, or has changed. Enter it once more.
    .title = Enter it once more
consent-title = Your agreement is asked for
consent-asked-by = Asked by: { $asker }, Child Protection Centre.
consent-child = Child: { $name }.
consent-what-accompaniment = What for: the child support specialist accompanies the child to an institution or to another specialist.
consent-what-transport = What for: the child support specialist takes the child along in a car or by public transport.
consent-where = { $given ->
    [no] Where to: any institution or specialist.
   *[yes] Where to: { $institution }
 }
consent-why = Why: { $purpose }
consent-until = { $given ->
    [no] For how long: until you withdraw it.
   *[yes] For how long: until { $day } (that day included), unless you withdraw it earlier.
 }
consent-may-refuse = You may also say no.
consent-may-withdraw = You can withdraw your agreement at any time: at once, on the page that follows your answer, or later, by asking the child support specialist for a new link ({ $specialist }{ $phone ->
    [none] ).
   *[other] , tel. { $phone }).
 }
consent-yes = I agree
consent-no = I do not agree
consent-thanks = Thank you!
consent-agreed = Your agreement was received on { $day } at { $clock }.
consent-refused = Your answer was received on { $day } at { $clock }: you do not agree.
consent-withdraw = Withdraw the agreement
consent-given-on = Agreed on: { $day }.
consent-withdrawal = I withdraw this agreement. It is not in force any more from this moment on.
consent-withdrawn = The agreement was withdrawn on { $day } at { $clock }.
see-title = Planned meetings
see-nothing = Nothing is planned at present.
see-when = { $day }, { $clock }
see-place = Place: { $place }
see-away = Away for about { $duration }
see-with = With the child: { $specialist }{ $phone ->
    [none] .
   *[other] , tel. { $phone }
 }
see-read = I have read it
see-read-at = Read on { $day } at { $clock }
see-consents = Your agreements
