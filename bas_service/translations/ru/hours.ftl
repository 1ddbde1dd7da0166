day-not-of-start = Это не тот день, когда это началось.
meeting-for-travel-only = К встрече ведёт только дорога.
meeting-of-somebody-else = Это не ваша встреча с этим ребёнком.
partner-work-withdrawn = Запись уже отозвана.
    .title = Уже отозвана
