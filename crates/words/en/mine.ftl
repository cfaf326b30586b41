# S15 to S18, S22: my numbers.
mine-title = My numbers
mine-sign-in-lead = Get a code, and see all your numbers and their keep-alive dates.
mine-sign-in-sent = If the number is registered, a code is on its way. It is valid for { $minutes } minutes.
mine-sign-out = Sign out
mine-none = No number in your name yet
mine-none-link = Register a SIM card
mine-keep-by = Keep by
mine-open = Details and keep-alive
mine-not-mine = Not mine
mine-not-mine-title = This number is not mine
mine-not-mine-text = We stop this number at once and investigate; you get the result by text or e-mail.
mine-not-mine-yes = Stop it and investigate
mine-not-mine-done = Stopped; the investigation has begun

mine-keep-title = Keep { $number }
mine-keep-why = Keep-alive date
mine-keep-days = { $days ->
    [one] { $days } day left
   *[other] { $days } days left
}
mine-keep-days-over = The date has passed
mine-keep-how = Any one of these keeps it
mine-keep-not = These do not count
mine-keep-do = Do it now: make one call or send one text from this number. Within minutes this page shows a new date.
mine-keep-not-wifi = Using Wi-Fi only
mine-keep-last = Last use that counted
mine-keep-none = No use recorded yet
mine-keep-late = Network data may be up to 2 hours late.
mine-keep-next = If it is not used in time
mine-keep-calendar = Add to my calendar (.ics)
mine-keep-wrong = Is the record wrong? Call us with a picture of your call list and we correct it.
mine-keep-away = Going abroad for a while?
mine-keep-away-text = Calls and texts from abroad count, too. If you will not use it at all, you can pause it (no texts and no codes arrive) or take the smallest plan (codes still arrive).

mine-holds = Restrictions now
mine-hold-why = Why
mine-hold-remedy = How to lift it
mine-hold-documents = What to show
mine-hold-appeal = If you disagree
mine-service = What works now
mine-service-calls-out = Calls out
mine-service-calls-in = Calls in
mine-service-texts-out = Texts out
mine-service-texts-in = Texts in, with codes
mine-service-data = Data
mine-service-roaming = Roaming
mine-works = Works
mine-works-not = Off
mine-emergency = Emergency calls, the hotline and top-up always work.

mine-balance-title = Balance: { $number }
mine-balance = Balance
mine-balance-until = At your present plan, the balance keeps this number until
mine-balance-top-up = Top-ups show at once. Use any top-up channel for this number.
mine-pause = Pause the number
mine-pause-title = Pause this number
mine-pause-text = While it is paused there are no calls, and no texts or codes arrive. The number is held for you, at most { $months } months.
mine-pause-yes = Pause it
mine-resume = Use it again
mine-lift = Lift the loss report

loss-title = Report a loss
loss-lead = The number is blocked within a minute, and SIM changes are frozen too.
loss-number-label = The lost number
loss-contact-hint = The code goes to the other number or e-mail address you registered, never to the lost phone
loss-sent = If another contact is registered for this number, a code is on its way there. It is valid for { $minutes } minutes.
loss-effects = What happens
loss-effect-1 = No calls, no texts, no data
loss-effect-2 = The number is still yours; the keep-alive date stays
loss-effect-3 = No SIM change until it is lifted or you replace the SIM yourself
loss-yes = Block it now
loss-done-title = Blocked as lost
loss-done-text = The number is blocked, and safe.
loss-done-next = Found it? Lift the report under My numbers, or text UNLOST from it. For a new SIM, call us or visit an outlet with your document.
loss-cannot = Cannot receive the code? Call { $hotline } now; we check who you are and block it at once.

privacy-title = Privacy and records
privacy-lead = Who looked at your data, what you agreed to, and when it is deleted.
privacy-consents = Your consents
privacy-consent-none = Not given
privacy-consent-withdraw = Withdraw
privacy-viewers = Who looked
privacy-viewers-none = Nobody has looked yet
privacy-deletion = Deletion dates
privacy-sign-in = Sign in to see your own records.
privacy-public-title = How we use your data
privacy-public-1 = Name, document and photos are used only to register and protect your number, and are stored encrypted.
privacy-public-2 = Every look at them is recorded; you can see who and why.
privacy-public-3 = Partners may only ask whether the number is still yours, and only with your consent.
privacy-public-4 = When the time is up, photos are deleted first, then the data.
mine-number-label = One of your numbers
mine-way-label = Where should the code go?
mine-way-number = By text to this number
mine-way-contact = To the other number or e-mail address you registered
mine-way-contact-hint = Choose this if texts do not reach you abroad
mine-code-other = Get the code another way
mine-keep-last-of = { $what }, { $time }
mine-paused-until = Paused until
mine-hold-since = Since
mine-pause-label = For how long?
loss-send = Send a code to my other contact
mine-pause-months = { $months ->
    [one] { $months } month
   *[other] { $months } months
}
mine-balance-empty = The balance does not cover the next month of a pause; please top up first.
privacy-consent-yes = Given
privacy-resume = See the records of one application with its reference and a code
privacy-of = Application { $reference }
privacy-look-image = Looked at photos
privacy-look-data = Looked at what was entered
privacy-look-why-claim = To check this application
privacy-kept = Deleted on this day unless you send it or go on
