day-not-of-start = This is not the day on which it began.
meeting-for-travel-only = Only travelling leads to a meeting.
meeting-of-somebody-else = This is not a meeting of yours with this child.
partner-work-withdrawn = The line was withdrawn before.
    .title = Withdrawn already
