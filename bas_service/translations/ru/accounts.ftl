account-email = Нужен адрес эл. почты, например ilze@example.lv.
account-email-taken = С этим адресом эл. почты уже кто-то входит.
account-name = Нужно имя: одна строка, без управляющих знаков, не больше 200 знаков.
account-password = Пароль должен быть не короче { $least } знаков.
account-supervisor = --supervisor должен быть адресом руководителя.
account-role = Руководитель есть только у специалиста.
account-password-guessable = Этот пароль легко угадать; возьмите, например, четыре случайных слова.
account-unknown = С этим адресом эл. почты никто не входит.
