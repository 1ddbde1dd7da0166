account-email = Vajadzīga e-pasta adrese, piemēram, ilze@example.lv.
account-email-taken = Ar šo e-pasta adresi jau kāds pierakstās.
account-password = Parolei vajadzīgas vismaz { $least } zīmes.
account-supervisor = --supervisor jābūt vadītāja e-pasta adresei.
account-role = Tikai speciālistam ir vadītājs.
