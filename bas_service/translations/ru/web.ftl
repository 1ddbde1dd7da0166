web-name = Моя команда
web-skip = К содержанию
web-languages = Язык
web-sign-in = Войти
web-sign-out = Выйти
web-email = Адрес э-почты
web-password = Пароль
web-code = Одноразовый код
web-code-hint = Только если учётная запись использует одноразовые коды.
web-supervisors-only = Эта страница для руководителей. Если вы ведёте команду, войдите с учётной записью руководителя.
web-to-the-team = К странице команды
form-not-ours = Форма отправлена не из текущего входа; загрузите страницу заново и попробуйте ещё раз.
    .title = Загрузите страницу заново
team-specialists = Специалисты
team-nobody = В вашей команде пока нет ни одного специалиста.
team-order = Порядок:
team-order-name = по имени
team-order-load = по нагрузке
team-legend = Отметки: минимум { $minimum }, номинальная нагрузка { $nominal }, максимум { $maximum }.
team-bar = Нагрузка { $load }. Минимум { $minimum }, номинальная { $nominal }, максимум { $maximum }.
team-bar-would = Нагрузка сейчас { $load }, станет { $would_be }. Минимум { $minimum }, номинальная { $nominal }, максимум { $maximum }.
team-load = { $load } из { $maximum }
team-room = свободно { $room }
team-no-room = места нет
team-mix = Дела по сложности
complexity-low = низкая
complexity-standard = средняя
complexity-high = высокая
complexity-crisis = кризис
team-over-until = Выше максимума; разрешено до { $day }
team-over = Выше максимума без действующего исключения
team-below = Ниже минимума
team-absent = Отсутствует до { $day }
team-substitutes = замещает { $names }
team-uncovered = { $count ->
    [one] { $count } ребёнок без замещения
    [few] { $count } ребёнка без замещения
   *[many] { $count } детей без замещения
}
team-rhythm-missed = { $count ->
    [one] Оговорённая частота встреч не соблюдена в { $count } деле
    [few] Оговорённая частота встреч не соблюдена в { $count } делах
   *[many] Оговорённая частота встреч не соблюдена в { $count } делах
}
team-unannounced = { $count ->
    [one] О { $count } встрече за 30 дней не сообщили вовремя
    [few] О { $count } встречах за 30 дней не сообщили вовремя
   *[many] О { $count } встречах за 30 дней не сообщили вовремя
}
team-waiting = Ждут специалиста
team-nobody-waits = Никто из детей не ждёт.
team-age = { $count ->
    [one] { $count } год
    [few] { $count } года
   *[many] { $count } лет
}
team-waits = { $count ->
    [0] ждёт с сегодняшнего дня
    [one] ждёт { $count } день
    [few] ждёт { $count } дня
   *[many] ждёт { $count } дней
}
team-more-wait = Ждут и другие; они появятся, когда у первых будет специалист.
team-waits-for-decision = Решение по направлению ещё не принято.
priority-urgent = срочно
priority-high = повышенная срочность
priority-normal = обычный порядок
team-assign = Назначить
team-assign-whom = Назначить специалиста: { $name }
team-done = { $name }: теперь отвечает { $specialist }.
team-undo = Передать другому специалисту
team-grants = Экстренный доступ, о котором вы должны знать
team-grant = Доступ с { $since } до { $until }. Причина:
team-grant-note = Принято к сведению
team-grant-note-whose = Принять к сведению доступ: { $name }
told-title = Кто извещён
told-alarms = Самой службе нужно внимание
told-month = Этот месяц
told-begun = Начатые встречи
told-in-time = Сообщено вовремя
told-channel-sms = Текстовые сообщения
told-channel-email = Электронные письма
told-sent = отправлено { $count }
told-delivered = доставлено { $count }
told-uncertain = неясно { $count }
told-by-people = Сообщено иначе, не письменно
told-not-in-time = Не сообщено вовремя, по причинам
told-why-nobody-to-tell = некому сообщить
told-why-nothing-written = нет письменного сообщения
told-why-failed = не удалось связаться
told-why-uncertain = неясно
told-why-not-sent = не отправлено до начала
told-why-withdrawn = отозвано
told-why-changed-too-late = изменено слишком поздно
told-why-too-late = отправлено слишком поздно
told-why-by-a-person = сообщено только иначе
told-no-meetings-begun = В этом месяце ещё не началась ни одна встреча.
told-specialist = Специалист
told-all = Все
told-day = День
told-narrow = Показать
told-to-come = Сегодня и завтра
told-past = Последние семь дней
told-not-known = { $count ->
    [one] О { $count } встрече кто-то ещё не знает.
    [few] О { $count } встречах кто-то ещё не знает.
   *[many] О { $count } встречах кто-то ещё не знает.
}
told-all-known = Все знают.
told-late = { $count ->
    [one] О { $count } встрече не сообщили вовремя.
    [few] О { $count } встречах не сообщили вовремя.
   *[many] О { $count } встречах не сообщили вовремя.
}
told-all-in-time = Обо всех сообщили вовремя.
told-none = Встреч нет.
told-more = Есть и другие; выберите специалиста или день.
told-task = Чья это теперь задача: { $name }
told-news-off = Отменена, и кто-то этого ещё не знает.
told-news-later = Она закончится позже, и кто-то этого ещё не знает.
team-untold = { $count ->
    [one] О { $count } встрече сегодня и завтра кто-то ещё не знает.
    [few] О { $count } встречах сегодня и завтра кто-то ещё не знает.
   *[many] О { $count } встречах сегодня и завтра кто-то ещё не знает.
}
team-all-told = Обо всех встречах сегодня и завтра все знают.
assign-title = Назначить специалиста: { $name }
assign-complexity = Сложность дела
assign-preview-for = Показать нагрузку при сложности:
assign-to-whom = Какому специалисту
assign-becomes = { $load } → { $would_be } из { $maximum }
assign-too-much = превысит максимум
assign-nobody = В команде нет другого специалиста.
assign-choose = Выберите специалиста: у каждого видно, какой станет нагрузка.
assign-verdict = { $name } → { $specialist }: нагрузка { $load } станет { $would_be } из { $maximum }.
assign-full-figures = Нагрузка { $load } стала бы { $would_be }, а максимум – { $maximum }.
assign-full-way-out = Выберите другого специалиста или превысьте максимум, указав причину и последний день.
assign-exceed = Временно превысить максимум
assign-exceed-reason = Причина
assign-exceed-until = До какого дня
assign-cancel = Отмена
transfer-title = Передать дело: { $name }
transfer-from = Сейчас отвечает { $specialist }.
transfer-reason = Причина передачи
transfer-do = Передать
specialist-cases = Дела
specialist-no-cases = Открытых дел нет.
specialist-since = с { $day }
specialist-last = последняя встреча { $moment }
specialist-next = следующая встреча { $moment }
specialist-exceeding = Выше максимума до { $day }
specialist-unannounced = Встречи за последние 30 дней, о которых не сообщили вовремя
specialist-all-announced = Обо всех начавшихся встречах представителям сообщили вовремя.
specialist-year = Нагрузка за последние двенадцать месяцев
specialist-year-said = { $day } нагрузка была { $load }, сейчас { $now }. Все цифры в таблице.
specialist-year-table = Показать цифры в таблице
specialist-day = День
specialist-load = Нагрузка
specialist-maximum = Максимум
