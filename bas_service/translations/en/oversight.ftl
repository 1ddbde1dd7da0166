# Whether a meeting was announced in time, in a sentence that can be read aloud. Days are spelled 31.12.2026.
told-not-held = The meeting did not take place.
told-before-in-time = Everybody knows: { $names } told on { $day } at { $clock }.{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Read and confirmed: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }By letter: { $letter }.
 }
told-before-by-a-person = { $names } told by a person on { $day } at { $clock }; nothing written has arrived.
told-before-withdrawn = The message to { $names } was withdrawn before it went out.
told-before-not-sent = The message to { $names } has not gone out yet.
told-before-uncertain = Whether the message to { $names } went out is uncertain.
told-before-failed = { $names } could not be reached.
told-before-nothing-written = Nothing was written to { $names }.
told-before-nobody-to-tell = There is nobody who may be told.
told-after-in-time = In time: { $names } told on { $day } at { $clock }, { $ahead } before the start.{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Read and confirmed: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }By letter: { $letter }.
 }
told-after-by-a-person = Not in time in writing: { $names } told by a person on { $day } at { $clock }, { $ahead } before the start.
told-after-too-late = Not in time: the message to { $names } was handed over { $ahead } after the start.
told-after-changed-too-late = Not in time: changed { $written_ahead } before the start, and the change was handed over to { $names } after it.
told-after-withdrawn = Not in time: the message to { $names } was withdrawn before it went out.
told-after-not-sent = Not in time: the message to { $names } had not gone out before the start.
told-after-uncertain = Not in time: whether the message to { $names } went out is uncertain.
told-after-failed = Not in time: { $names } could not be reached.
told-after-nothing-written = Not in time: nothing was written to { $names }.
told-after-nobody-to-tell = Not in time: there was nobody who may be told.
# Alarms: what the service notices about itself.
alarm-queue-old = Messages wait: the oldest one has been due for { $duration }.
alarm-no-receipts = No receipt has come for { $duration }, though messages went out ({ $count }).
alarm-failures-many = Many messages fail ({ $about }): { $percent } % of the past hour's { $count }.
alarm-worker-silent = The worker has given no sign of life for { $duration }; no message goes out.
alarm-texts-refused = The provider refused text messages as they are (code { $about }): { $count } in the past hour. Their families are told in another way; the wording or the service must be mended.
alarm-texts-longer = Text messages have become dearer ({ $about }): usually { $now } parts now, { $usual } in the month before.
