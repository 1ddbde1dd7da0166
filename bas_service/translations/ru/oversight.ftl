# Сообщено ли о встрече вовремя: предложение, которое можно прочесть вслух. Даты пишутся так: 31.12.2026.
told-not-held = Встреча не состоялась.
told-before-in-time = Все знают: { $names } – сообщено { $day } в { $clock }.{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Прочитано и подтверждено: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }Письмом на бумаге: { $letter }.
 }
told-before-by-a-person = { $names } – сообщено иначе, не письменно, { $day } в { $clock }; письменное сообщение не дошло.
told-before-withdrawn = Сообщение отозвано до отправки ({ $names }).
told-before-not-sent = Сообщение ещё не отправлено ({ $names }).
told-before-uncertain = Неизвестно, отправлено ли сообщение ({ $names }).
told-before-failed = Не удалось связаться: { $names }.
told-before-nothing-written = Письменного сообщения нет ({ $names }).
told-before-nobody-to-tell = Нет никого, кому можно сообщить.
told-after-in-time = Вовремя: { $names } – сообщено { $day } в { $clock } (до начала: { $ahead }).{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Прочитано и подтверждено: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }Письмом на бумаге: { $letter }.
 }
told-after-by-a-person = Письменно не сообщено вовремя: { $names } – сообщено иначе { $day } в { $clock } (до начала: { $ahead }).
told-after-too-late = Не сообщено вовремя: сообщение ({ $names }) передано на отправку после начала (опоздание: { $ahead }).
told-after-changed-too-late = Не сообщено вовремя: встреча изменена до начала (до начала оставалось: { $written_ahead }), а сообщение об этом ({ $names }) передано на отправку после него.
told-after-withdrawn = Не сообщено вовремя: сообщение отозвано до отправки ({ $names }).
told-after-not-sent = Не сообщено вовремя: до начала сообщение не было отправлено ({ $names }).
told-after-uncertain = Не сообщено вовремя: неизвестно, отправлено ли сообщение ({ $names }).
told-after-failed = Не сообщено вовремя: не удалось связаться – { $names }.
told-after-nothing-written = Не сообщено вовремя: письменного сообщения не было ({ $names }).
told-after-nobody-to-tell = Не сообщено вовремя: не было никого, кому можно сообщить.
# Тревоги: что служба замечает сама о себе.
alarm-queue-old = Сообщения ждут: самое старое должно было уйти уже давно (задержка: { $duration }).
alarm-no-receipts = Не пришло ни одного уведомления о доставке (срок: { $duration }), хотя сообщения отправлены ({ $count }).
alarm-failures-many = Многие сообщения не доставляются ({ $about }): { $percent } % из { $count } за последний час.
alarm-worker-silent = Отправитель сообщений не работает (без признаков жизни: { $duration }); сообщения не отправляются.
alarm-texts-longer = Текстовые сообщения подорожали ({ $about }): обычно частей { $now }, в предыдущем месяце { $usual }.
