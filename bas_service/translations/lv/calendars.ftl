calendar-name = Tikšanās
calendar-busy = Aizņemts
calendar-feeds-full = Vienlaikus iespējami ne vairāk kā { $most } kalendāri; atsauciet kādu, kas vairs nav vajadzīgs.
    .title = Pietiek kalendāru
