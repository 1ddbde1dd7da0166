announcement-planned = { $name }: { $weekday } { $day }.{ $month }. в { $clock } { $kind ->
    [accompaniment] поездка со специалистом по поддержке детей
   *[other] встреча со специалистом по поддержке детей
    }. Место: { $place }. Отсутствие: около { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , тел. { $phone }
    }
announcement-changed = ИЗМЕНЕНИЕ. { $name }: { $weekday } { $day }.{ $month }. в { $clock } { $kind ->
    [accompaniment] поездка со специалистом по поддержке детей
   *[other] встреча со специалистом по поддержке детей
    }. Место: { $place }. Отсутствие: около { $duration }. { $specialist }{ $phone ->
    [none] .
   *[other] , тел. { $phone }
    }
announcement-cancelled = ОТМЕНА. { $name }: встреча { $weekday } { $day }.{ $month }. в { $clock } не состоится. { $specialist }{ $phone ->
    [none] .
   *[other] , тел. { $phone }
    }
announcement-extended = { $name }: возвращение позже, встреча продлится примерно до { $clock }. { $specialist }{ $phone ->
    [none] .
   *[other] , тел. { $phone }
    }
# После «около» — родительный падеж: 1 часа, 2 часов, 21 минуты.
hours = { $hours ->
    [one] { $hours } часа
   *[other] { $hours } часов
    }
minutes = { $minutes ->
    [one] { $minutes } минуты
   *[other] { $minutes } минут
    }
weekday-1 = в понедельник
weekday-2 = во вторник
weekday-3 = в среду
weekday-4 = в четверг
weekday-5 = в пятницу
weekday-6 = в субботу
weekday-7 = в воскресенье
place-office = { $given ->
    [no] офис Центра защиты детей
   *[yes] { $said }
    }
place-home = { $given ->
    [no] дом ребёнка
   *[yes] дом ребёнка, { $said }
    }
place-address = { $said }
place-remote = дистанционно, по телефону или интернету
place-on-the-way = в пути: { $said }
