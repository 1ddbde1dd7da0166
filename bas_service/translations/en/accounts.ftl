account-email = An e-mail address is needed, e.g. ilze@example.lv.
account-email-taken = Somebody signs in with this e-mail address already.
account-password = A password needs at least { $least } characters.
account-supervisor = --supervisor must be the e-mail address of a supervisor.
account-role = Only a specialist has a supervisor.
