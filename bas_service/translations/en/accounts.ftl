account-email = An e-mail address is needed, e.g. ilze@example.lv.
account-email-taken = Somebody signs in with this e-mail address already.
account-name = A name is needed: one line, without control characters, up to 200 characters.
account-password = A password needs at least { $least } characters.
account-supervisor = --supervisor must be the e-mail address of a supervisor.
account-role = Only a specialist has a supervisor.
account-password-guessable = This password is easily guessed; take, for example, four random words.
account-unknown = Nobody signs in with this e-mail address.
