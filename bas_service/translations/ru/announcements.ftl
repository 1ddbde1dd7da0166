announcement-planned = { $name }: { $when } { $activity }. Место: { $place }. Отсутствие: около { $duration }.{ $repeats } { $contact }
announcement-changed = ИЗМЕНЕНИЕ. { $name }: { $when } { $activity }. Место: { $place }. Отсутствие: около { $duration }.{ $before }{ $repeats } { $contact }
announcement-cancelled = { $many ->
    [yes] ОТМЕНА. { $name }: встречи { $when } не состоятся.{ $repeats } { $contact }
   *[no] ОТМЕНА. { $name }: встреча { $when } не состоится.{ $repeats } { $contact }
    }
announcement-extended = { $name }: возвращение позже, встреча продлится примерно до { $ends }. { $contact }
announcement-reminder = НАПОМИНАНИЕ. { $name }: { $when } { $activity }. Место: { $place }. Отсутствие: около { $duration }. { $contact }
announcement-returned = { $name }: встреча со специалистом по поддержке детей закончилась в { $ends }. { $contact }
announcement-subject = { $name }: о встрече
told-when = { $weekday } { $day }.{ $month }. в { $clock }
told-when-days = { $days } в { $clock }
told-activity = { $kind ->
    [accompaniment] поездка со специалистом по поддержке детей
   *[other] встреча со специалистом по поддержке детей
    }
told-contact = { $specialist }{ $phone ->
    [none] .
   *[other] , тел. { $phone }
    }
told-about = около { $duration }
told-before = (Раньше: { $said }.)
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
template-field-unknown = В тексте нет места «{ $name }». Возможны: { $choices }.
template-braces = В фигурных скобках может стоять только название места: { $choices }.
template-field-lacking = В тексте должно быть: { $names }.
template-holds-link = В тексте не должно быть ссылок: родители примут их за мошенничество. После точки перед словом ставьте пробел.
template-unseen-characters = В тексте есть невидимые знаки: напишите его без них.
template-too-long = Текст слишком длинный: он не должен занимать больше { $most } частей.
template-too-long-at-worst = Текст слишком длинный: с самыми длинными именами и местами в нём было бы больше { $most } знаков, а такой никто не отправит.
template-not-seen = Сначала посмотрите именно этот текст в предпросмотре и пришлите полученную там отметку.
template-date-taken = С этого дня уже действует другая формулировка этого текста.
    .title = Дата занята
template-begun = Эта формулировка уже используется или использовалась; подготовьте новую.
    .title = Формулировка уже использовалась
