day-not-of-start = Šī nav diena, kurā tas sākās.
meeting-for-travel-only = Uz tikšanos ved tikai ceļš.
meeting-of-somebody-else = Šī nav jūsu tikšanās ar šo bērnu.
partner-work-withdrawn = Ieraksts jau ir atsaukts.
    .title = Jau atsaukts
