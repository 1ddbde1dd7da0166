# Vai par tikšanos paziņots laikus: teikums, ko var nolasīt balsī. Dienas rakstītas šādi: 31.12.2026.
told-not-held = Tikšanās nenotika.
told-before-in-time = Visi zina: { $names } – paziņots { $day }. plkst. { $clock }.{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Izlasīts un apstiprināts: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }Ar vēstuli: { $letter }.
 }
told-before-by-a-person = { $names } – paziņots citādi, ne rakstiski, { $day }. plkst. { $clock }; rakstiska ziņa nav pienākusi.
told-before-withdrawn = Ziņa pirms nosūtīšanas ir atsaukta ({ $names }).
told-before-not-sent = Ziņa vēl nav nosūtīta ({ $names }).
told-before-uncertain = Nav zināms, vai ziņa ir nosūtīta ({ $names }).
told-before-failed = Neizdevās sasniegt: { $names }.
told-before-nothing-written = Rakstiskas ziņas nav ({ $names }).
told-before-nobody-to-tell = Nav neviena, kuru drīkst informēt.
told-after-in-time = Laikus: { $names } – paziņots { $day }. plkst. { $clock } (laiks līdz sākumam: { $ahead }).{ $is_confirmed ->
    [no] { "" }
   *[yes] { " " }Izlasīts un apstiprināts: { $confirmed }.
 }{ $is_letter ->
    [no] { "" }
   *[yes] { " " }Ar vēstuli: { $letter }.
 }
told-after-by-a-person = Rakstiski nav paziņots laikus: { $names } – paziņots citādi { $day }. plkst. { $clock } (laiks līdz sākumam: { $ahead }).
told-after-too-late = Nav paziņots laikus: ziņa ({ $names }) nodota sūtīšanai pēc sākuma (nokavējums: { $ahead }).
told-after-changed-too-late = Nav paziņots laikus: izmaiņas veiktas pirms sākuma (laiks līdz sākumam: { $written_ahead }), bet ziņa par tām ({ $names }) nodota sūtīšanai pēc tā.
told-after-withdrawn = Nav paziņots laikus: ziņa pirms nosūtīšanas atsaukta ({ $names }).
told-after-not-sent = Nav paziņots laikus: ziņa līdz sākumam nebija nosūtīta ({ $names }).
told-after-uncertain = Nav paziņots laikus: nav zināms, vai ziņa ir nosūtīta ({ $names }).
told-after-failed = Nav paziņots laikus: neizdevās sasniegt – { $names }.
told-after-nothing-written = Nav paziņots laikus: rakstiskas ziņas nebija ({ $names }).
told-after-nobody-to-tell = Nav paziņots laikus: nebija neviena, kuru drīkst informēt.
# Trauksmes: ko pakalpojums pamana pats par sevi.
alarm-queue-old = Ziņas gaida: vecākā no tām bija jānosūta jau sen (aizkavējums: { $duration }).
alarm-no-receipts = Nav pienācis neviens piegādes paziņojums (ilgums: { $duration }), lai gan ziņas ir nosūtītas ({ $count }).
alarm-failures-many = Daudzas ziņas netiek nogādātas ({ $about }): { $percent } % no pēdējās stundas { $count }.
alarm-worker-silent = Ziņu sūtītājs nedarbojas (bez dzīvības zīmes: { $duration }); ziņas netiek sūtītas.
alarm-texts-refused = Pakalpojuma sniedzējs īsziņas nepieņem tādas, kādas tās ir (kods { $about }); pēdējā stundā: { $count }. Ģimenes tiek informētas citādi; jālabo teksts vai pati sistēma.
alarm-texts-longer = Īsziņas kļuvušas dārgākas ({ $about }): daļu skaits parasti ir { $now }, mēnesi iepriekš { $usual }.
