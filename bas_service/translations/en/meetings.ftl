# What for, at an institution of which nothing more is known.
suggested-purpose = Accompaniment
# Why a time is proposed for a meeting.
free-time = { $daytime ->
    [evening] Free in the evening
   *[office] Free
 }; { $week ->
    [light] the week is light
    [within] the week stays within its limits
   *[full] the week would be too full
 }
