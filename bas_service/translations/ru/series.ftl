# Как повторяется встреча; слова стоят внутри предложения.
rule-every-day = каждый день
rule-every-so-many-days = { $interval ->
    [one] каждый { $interval } день
    [few] каждые { $interval } дня
   *[many] каждые { $interval } дней
    }
rule-every-week = каждую неделю
rule-every-so-many-weeks = { $interval ->
    [one] каждую { $interval } неделю
    [few] каждые { $interval } недели
   *[many] каждые { $interval } недель
    }
rule-every-month = каждый месяц
rule-every-so-many-months = { $interval ->
    [one] каждый { $interval } месяц
    [few] каждые { $interval } месяца
   *[many] каждые { $interval } месяцев
    }
rule-monday-to-friday = каждый день с понедельника по пятницу
rule-weekdays = { $days }
rule-on = { $every } { $on }
rule-and = { $several } и { $last }
rule-month-day = { $day }-го числа
rule-last-day = в последний день
rule-day-from-end = в { $day }-й день с конца
rule-where-there-is-one = { $words } (если такой день есть)
rule-placed-weekday = { $nth ->
    [1] в { $iso_weekday ->
        [3] первую среду
        [5] первую пятницу
        [6] первую субботу
        [7] первое воскресенье
        [1] первый понедельник
        [2] первый вторник
       *[4] первый четверг
        }
    [2] во { $iso_weekday ->
        [3] вторую среду
        [5] вторую пятницу
        [6] вторую субботу
        [7] второе воскресенье
        [1] второй понедельник
        [2] второй вторник
       *[4] второй четверг
        }
    [3] в { $iso_weekday ->
        [3] третью среду
        [5] третью пятницу
        [6] третью субботу
        [7] третье воскресенье
        [1] третий понедельник
        [2] третий вторник
       *[4] третий четверг
        }
    [4] в { $iso_weekday ->
        [3] четвёртую среду
        [5] четвёртую пятницу
        [6] четвёртую субботу
        [7] четвёртое воскресенье
        [1] четвёртый понедельник
        [2] четвёртый вторник
       *[4] четвёртый четверг
        }
    [5] в { $iso_weekday ->
        [3] пятую среду
        [5] пятую пятницу
        [6] пятую субботу
        [7] пятое воскресенье
        [1] пятый понедельник
        [2] пятый вторник
       *[4] пятый четверг
        } (если такой день есть)
   *[last] в { $iso_weekday ->
        [3] последнюю среду
        [5] последнюю пятницу
        [6] последнюю субботу
        [7] последнее воскресенье
        [1] последний понедельник
        [2] последний вторник
       *[4] последний четверг
        }
    }
rule-place-among-workdays = { $nth ->
    [1] в первый
    [2] во второй
    [3] в третий
    [4] в четвёртый
    [5] в пятый
   *[last] в последний
    } день с понедельника по пятницу
rule-place-among-these = { $nth ->
    [1] в первый
    [2] во второй
    [3] в третий
    [4] в четвёртый
    [5] в пятый
   *[last] в последний
    } из этих дней: { $days }
rule-times = { $words }, { $times ->
    [one] { $times } раз
    [few] { $times } раза
   *[many] { $times } раз
    }
rule-until = { $words } по { $day }
on-weekday-1 = в понедельник
on-weekday-2 = во вторник
on-weekday-3 = в среду
on-weekday-4 = в четверг
on-weekday-5 = в пятницу
on-weekday-6 = в субботу
on-weekday-7 = в воскресенье
each-weekday-1 = каждый понедельник
each-weekday-2 = каждый вторник
each-weekday-3 = каждую среду
each-weekday-4 = каждый четверг
each-weekday-5 = каждую пятницу
each-weekday-6 = каждую субботу
each-weekday-7 = каждое воскресенье
named-weekday-1 = понедельник
named-weekday-2 = вторник
named-weekday-3 = среда
named-weekday-4 = четверг
named-weekday-5 = пятница
named-weekday-6 = суббота
named-weekday-7 = воскресенье
# Что добавляет сообщение о первой встрече.
announcement-repeats = Далее { $words }.
announcement-repeats-until = Далее { $words } по { $day }
# Что добавляет сообщение об отмене встречи.
announcement-repeats-no-more = Далее встречи больше не повторяются.
# Предварительный просмотр в одну строку.
series-summary = { $words } в { $clock }: { $times ->
    [one] { $times } раз
    [few] { $times } раза
   *[many] { $times } раз
    }{ $within ->
        [a-year] { " " }за год
       *[all] { "" }
    }{ $clashes ->
    [0] { "" }
    [one] , нельзя запланировать { $clashes }
   *[other] , нельзя запланировать { $clashes }
    }
# Что в правиле не так и как было бы верно.
rule-part-unknown = «{ $part }» здесь не часть правила. Правило выглядит так: FREQ=WEEKLY;BYDAY=TU; в нём могут быть: { $parts }.
rule-part-twice = { $part } можно указать только один раз.
rule-frequency = FREQ должно быть одним из: { $choices }.
rule-number = { $part } должно быть целым числом от { $least } до { $most }.
rule-weekdays-unusable = BYDAY содержит разные дни недели ({ $days }): все с местом в месяце (от 1 до 5 или -1 для последнего, например 2TU) или все без него.
rule-month-days = BYMONTHDAY содержит разные числа месяца: от 1 до 31 или от -1 (последнее) до -31.
rule-places = BYSETPOS содержит разные места: от 1 до 5 или -1 для последнего.
rule-until-unreadable = UNTIL — это день (20270630) или момент по UTC (20270630T120000Z).
rule-count-or-until = Правило заканчивается по COUNT или по UNTIL, но не по обоим.
rule-only-monthly = { $part } бывает только вместе с FREQ=MONTHLY.
rule-days-one-way = Дни месяца указываются через BYDAY или через BYMONTHDAY, но не через оба.
rule-places-of-weekdays = BYSETPOS бывает вместе с FREQ=MONTHLY и BYDAY без мест, например BYDAY=MO,TU;BYSETPOS=-1.
rule-weekdays-weekly = Дни недели указываются вместе с FREQ=WEEKLY, с FREQ=MONTHLY и с FREQ=DAILY без INTERVAL.
rule-week-begins = WKST – это MO: неделя начинается в понедельник.
rule-over-before-beginning = UNTIL раньше первого раза.
rule-without-days = По этому правилу не остаётся ни одной встречи: все дни пропущены или после 18-летия ребёнка.
first-day-not-of-rule = Первый раз должен быть в день по правилу; ближайший — { $day }.
series-start-before-from = Первая из изменённых встреч не может быть раньше этого дня.
# Отказы.
series-over = В этой серии встреч больше нечего менять.
    .title = Серия встреч закончилась
