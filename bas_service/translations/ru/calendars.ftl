calendar-name = Встречи
calendar-busy = Занят
calendar-feeds-full = Одновременно не более { $most } календарей; отзовите тот, который больше не нужен.
    .title = Достаточно календарей
