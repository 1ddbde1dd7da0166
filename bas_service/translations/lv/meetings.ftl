# Ko darīt iestādē, kamēr nav zināms nekas vairāk.
suggested-purpose = Pavadīšana
# Kāpēc kāds laiks tiek ieteikts tikšanās reizei.
free-time = { $daytime ->
    [evening] Brīvs vakarā
   *[office] Brīvs
 }; { $week ->
    [light] nedēļa ir viegla
    [within] nedēļa paliek noteiktajās robežās
   *[full] nedēļa būtu par pilnu
 }
