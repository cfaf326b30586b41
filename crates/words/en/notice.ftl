# Text messages: one segment (160 characters) with the longest values.
notice-submitted = ..{ $tail }: registration received, ref { $reference }. Result by { $promise }. Nothing to do now. Text STATUS to check.
notice-approved = ..{ $tail } is approved and ready to use. To keep it, make 1 call or send 1 text by { $date }. Text KEEP to see your date.
notice-approved-plain = ..{ $tail } is approved and ready to use. Text KEEP to see your date.
notice-needs-photos = ..{ $tail }: { $items ->
    [one] 1 item to redo - { $reason }. Redo only that by { $date }: { $link }
   *[other] { $items } items to redo - { $reason }. Redo only those by { $date }: { $link }
}
notice-needs-update = ..{ $tail }: { $items ->
    [one] 1 item to correct - { $reason }. Correct only that by { $date }: { $link }
   *[other] { $items } items to correct - { $reason }. Correct only those by { $date }: { $link }
}
notice-reason-and-more = { $reason } and more
notice-rejected-new-document = ..{ $tail } was not approved: { $reason }. Apply again with a valid ID, or appeal within { $days } days. Text STATUS for details.
notice-rejected-apply-again = ..{ $tail } was not approved: { $reason }. You can apply again, or appeal within { $days } days. Text STATUS for details.
notice-rejected-appeal = ..{ $tail } was not approved: { $reason }. Appeal within { $days } days or visit an outlet with your ID. Text STATUS for details.
notice-delayed = Sorry, the check for ..{ $tail } needs longer. New time: { $promise }. Nothing to do; we will text you.
notice-code = { $code } is your { $brand } { $purpose } code, valid { $minutes } minutes. Never share it; we will not ask for it.
notice-code-origin = @{ $domain } #{ $code }
notice-purpose-sign-in = sign-in
notice-purpose-confirm-contact = contact
notice-purpose-report-loss = loss report
notice-reminder = { $days ->
    [one] 1 day left for ..{ $tail } ({ $date }). Make 1 call or send 1 text. Receiving texts does not count. Text KEEP to check.
   *[other] { $days } days left for ..{ $tail } ({ $date }). Make 1 call or send 1 text. Receiving texts does not count. Text KEEP to check.
}
notice-saved = Done: your { $counted } on { $used } counts. ..{ $tail } is now safe until { $until }.
notice-counted-call = call
notice-counted-text = text
notice-counted-data = data use
notice-counted-top-up = top-up
notice-counted-other = use
notice-last-day = Last day: use ..{ $tail } before 24:00 { $zone } or service stops. We still hold the number { $days } days.
notice-zone-beijing = Beijing time
notice-zone-home = home time
notice-last-day-extend = { $text } Reply Y to extend once ({ $fee }).
notice-suspended = ..{ $tail } is suspended. We hold the number for you until { $date }. Recover: { $link } or call { $hotline }.
notice-lost = ..{ $tail } is blocked as lost. The number is safe. Found it? Text UNLOST. New SIM: { $link }
notice-sim-requested = A new SIM for ..{ $tail } was requested { $asked }. Not you? Reply N within { $minutes } min to stop it.
notice-new-number = A new number (..{ $tail }) was registered in your name. Not you? Reply N; we stop it and investigate.
notice-outgoing-barred = ..{ $tail } was not used in time: outgoing is off, incoming still works. Call { $hotline } or top up by { $date } to restore it.
notice-quarantined = ..{ $tail } is in quarantine. You can still recover it until { $date }: { $link } or call { $hotline }.
notice-released = ..{ $tail } has been released and cannot be recovered. Please change it at your bank and apps now. Questions: { $hotline }.
notice-unlost = ..{ $tail } is unblocked and works again. Not you? Call { $hotline } at once.
notice-paused = ..{ $tail } is paused until { $date } as you asked. No texts or codes arrive meanwhile. To resume, call { $hotline }.
notice-resumed = ..{ $tail } works again. To keep it, make 1 call or send 1 text by { $date }. Text KEEP to see your date.
notice-restored = ..{ $tail } works again. Text KEEP to see your keep-alive date.
notice-sim-replaced = The new SIM for ..{ $tail } is live, the old one is off. Some banks limit codes for a few days. Not you? Call { $hotline }.
notice-esim-ready = The eSIM for ..{ $tail } is ready. Sign in to install it: { $link } . The code is shown there only, never by text.
notice-transferred = ..{ $tail } now has another holder; what you allowed for it has ended. Not you? Call { $hotline } at once.
notice-closing = ..{ $tail } will be closed. You can take that back until { $date }. Change it at your bank and apps first.
notice-closed = ..{ $tail } is closed as you asked. You can recover it until { $date }. Change it at your bank and apps first.
notice-reverify-due = ..{ $tail }: please show your ID again by { $date }, or service stops: { $link }
notice-arrears = ..{ $tail } is stopped for unpaid fees and works again as soon as they are paid: { $link } or call { $hotline }.
notice-safety-stop = ..{ $tail } is stopped for a safety check. Why, what to show and how to appeal: { $link } or call { $hotline }.
notice-draft-expiring = Your registration draft { $reference } will be deleted on { $date }. Go on: { $link }
notice-withdrawn = The application for ..{ $tail } (ref { $reference }) is withdrawn. We keep it for a while; you can go on any time.
notice-appeal-open = Your appeal for ..{ $tail } is here. Answer by { $promise }. Nothing to do now.
notice-tell-holder = The holder of ..{ $tail } named you as contact. We cannot reach them. Please ask them to call { $hotline } soon, or the number may be lost.

# Answers to texts.
notice-answer-help = Text STATUS progress, KEEP date, BAL balance, PLAN plans, LOST block, UNLOST unblock, AGENT call me back, ZH Chinese. Hotline { $hotline }.
notice-answer-not-registered = This number is not registered yet. Register: { $link } or call { $hotline }.
notice-answer-no-application = ..{ $tail } has no open application. Text KEEP for your date or ? for the list of commands.
notice-answer-progress = ..{ $tail } (ref { $reference }): { $status }.
notice-answer-progress-by = ..{ $tail } (ref { $reference }): { $status }. Result by { $promise }. Nothing to do now.
notice-answer-keep = ..{ $tail } is kept until { $date }, { $days ->
    [one] 1 day
   *[other] { $days } days
} left. Make 1 call or send 1 text before then. Receiving texts does not count.
notice-answer-no-keep-date = ..{ $tail }: { $status }. It has no keep-alive date now. Questions: { $hotline }.
notice-answer-balance = ..{ $tail }: balance { $amount }.
notice-answer-plans = Plans, and the cheapest that keeps your number: { $link } or call { $hotline }.
notice-answer-call-back = Noted. A person will call ..{ $tail } back. If it is urgent, call { $hotline }.
notice-answer-language = We will write to you in English. Text ZH for Chinese.
notice-answer-loss-code-sent = To be sure it is you, we sent a code to your other contact. Reply with the code here and ..{ $tail } is blocked at once.
notice-answer-loss-by-hotline = This number cannot block it by text. Please call { $hotline }, day or night; it takes a minute.
notice-answer-wrong-code = The code is wrong or too old. Text LOST again, or call { $hotline }.
notice-answer-nothing-to-lift = ..{ $tail } has no loss report that a text can lift. Please call { $hotline }.
notice-answer-nothing-asked = There is nothing to answer just now. Text ? for the list of commands.
notice-answer-stopped = Stopped, and a person will look into it (..{ $tail }). We will contact you; or call { $hotline }.
notice-answer-try-later = We cannot look it up just now; it is not you. Please text again later or call { $hotline }.

# E-mail.
notice-subject-registration = Your SIM registration
notice-subject-keep = Keeping your number
notice-subject-safety = Safety of your number
notice-subject-code = Your code
notice-subject-number = Your number has changed
notice-email-footer = Sent automatically by { $brand }; please do not reply. For help call { $hotline }.
notice-calendar-title = Keep-alive date of ..{ $tail }
