shell-skip = Skip to content
shell-size-label = Text size
shell-size-standard = Standard
shell-size-large = Large
shell-size-largest = Largest
shell-language-label = Language
shell-sandbox-label = Demonstration
shell-sandbox = Demonstration: network and messages are simulated
shell-signed-in-label = Signed in
shell-sign-out = Sign out
shell-help-title = Need help?
shell-help-call = Call us:
shell-help-hours = every day 8:00–22:00 Beijing time; callers over 65 reach a person at once
shell-help-text = Or text AGENT from your phone and we call you back.
shell-foot-status = Check progress
shell-foot-numbers = My numbers
shell-foot-loss = Report a loss
shell-foot-privacy = Privacy and records
shell-foot-staff = Staff

# Errors as pages.
shell-missing-title = This page does not exist
shell-missing-text = The address may be wrong, or the page is gone, or you need to sign in first.
shell-fault-title = Something failed on our side
shell-fault-text = It is not your fault, and what you saved is still here. Please try again in a few minutes. If it still fails, call us and give this reference.
shell-refused-title = This cannot be done now
shell-refused-text = What you typed is still here. Go back to correct it, or call us.
shell-conflict-title = This has just changed
shell-conflict-text = It was updated while you were sending. Please go back, refresh and look again.
shell-foreign-title = Please send this from our own page
shell-foreign-text = This form came from another site, so for your safety we did nothing. Please start from our home page.
shell-large-title = The file is too large
shell-large-text = A photo may be at most 10 MB. Please choose a smaller one; what you sent before is still here.
shell-bad-title = We could not use what was sent
shell-bad-text = Please go back and try again. What you saved before is still here.
shell-reference = Reference
shell-to-start = To the start page

# Waiting and maintenance.
shell-waiting-title = Many people are here right now
shell-waiting-text = Your turn comes in a moment: this page opens by itself. What you saved is kept, and so is your place on the page you asked for.
shell-waiting-sent = We have not taken in what you just sent, and nothing of it is lost. Wait a moment, then send it again with this button.
shell-waiting-lost = We have not taken in what you just sent. Wait a moment, go back and send it again; everything you sent before is kept.
shell-waiting-again = Send again
shell-waiting-open = Open now
shell-waiting-ways = Without these pages
shell-waiting-sms = Text STATUS for your progress, KEEP for your keep-alive date, LOST to report a loss: texts are answered as always.
shell-closed-title = Closed for maintenance
shell-closed-until = We expect to be back at { $until }.
shell-closed-open = We do not know yet when we will be back; this page opens by itself.
shell-closed-text = Your number works as before. What you saved is kept, and no deadline passes unseen because these pages are closed.

# How long one may be away.
shell-safe-until = This page stays open for you until { $until }. What you type later is kept too; you then confirm with a code that it is you.
shell-safe-staff = Your session ends at { $until } unless you use it. What you send later is kept until you have signed in again.
shell-safe-soon-title = Are you still there?
shell-safe-soon-text = For your safety this page closes in two minutes. What you typed is kept.
shell-safe-stay = Stay here
