account-email = Vajadzīga e-pasta adrese, piemēram, ilze@example.lv.
account-email-taken = Ar šo e-pasta adresi jau kāds pierakstās.
account-name = Vajadzīgs vārds: viena rinda, bez vadības zīmēm, ne vairāk kā 200 zīmes.
account-password = Parolei vajadzīgas vismaz { $least } zīmes.
account-supervisor = --supervisor jābūt vadītāja e-pasta adresei.
account-role = Tikai speciālistam ir vadītājs.
account-password-guessable = Šo paroli ir viegli uzminēt; ņemiet, piemēram, četrus nejaušus vārdus.
account-unknown = Ar šo e-pasta adresi neviens nepierakstās.
