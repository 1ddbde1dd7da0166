calendar-name = Meetings
calendar-busy = Busy
calendar-feeds-full = Up to { $most } calendars at once; revoke one that you do not need any more.
    .title = Enough calendars
