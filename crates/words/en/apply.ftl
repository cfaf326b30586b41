# S1 to S11: the pages of a registration, and its receipt.
apply-begin-title = Register a SIM card
apply-begin-lead = One question per page. Every step is saved.
apply-begin-keep = What you entered is kept for { $days } days. With the reference and a code you can go on from another device.
apply-begin-button = Start now
apply-begin-photos = Photos must show the whole document, sharp and without glare. We show you examples.
apply-begin-who = You can do it yourself from the age of { $age }; for a younger person a guardian takes part.
apply-begin-result = You get the result within { $days } working days, by text or e-mail.

apply-number-title = Which number?
apply-number-label = The number to register
apply-number-hint = 11 digits, for example 138 0013 8000
apply-iccid-label = Last 6 digits of the card number
apply-iccid-hint = Printed on the back of the card (20 digits); only the last 6
apply-number-no-card = No card yet?
apply-no-card-title = No card yet
apply-no-card-text = To register you need the number and the card. Get one at an outlet, or call us to have it sent, then come back.

apply-contact-title = How can we reach you?
apply-contact-label = A phone number or e-mail address that works now
apply-contact-hint = A foreign number is fine; begin with the country code, for example +44 7700 900123. The card you are registering cannot receive texts yet, so do not use it.
apply-contact-why = We also send the result, and anything you need to redo, to this contact.
apply-contact-send = Send me a code

apply-code-title = Enter the code
apply-code-sent = We sent a code to { $contact }. It is valid for { $minutes } minutes.
apply-code-label = Code
apply-code-hint = 6 digits; you may paste it
apply-code-late = Nothing after 60 seconds? Texts abroad can be late; an e-mail address may work better.
apply-code-again = Send a new code
apply-code-other = Use another number or address

apply-who-title = Who is it for?
apply-who-label = Who will use this number?
apply-who-self = Myself
apply-who-child = My child, or someone I am guardian of
apply-who-company = A company or organisation
apply-who-iot = A device (IoT card)
apply-who-other-title = This needs a member of staff
apply-who-child-text = Please bring both documents and the household register to an outlet, or call us to book a video appointment. You and the child each fill in one form; both are checked together.
apply-who-company-text = The person in charge brings the business licence, a stamped letter of authority and their own document to an outlet. For many cards, call us and a colleague will contact you.
apply-who-iot-text = For IoT cards the organisation, the device and the purpose are registered. Please call us; a colleague will contact you.
apply-who-change = That is not my case; choose again

apply-tasks-title = What is left to do
apply-tasks-reference = Your reference is { $reference }. Please note it.
apply-tasks-kept = Saved. If you do not send it by { $until }, it is deleted.
apply-task-document-kind = Choose your document
apply-task-identity = Name and document number
apply-task-front = Photo of the document: { $side }
apply-task-portrait = Photo of your face
apply-task-consents = Your consent
apply-task-check = Check and send
apply-task-not-started = Not started
apply-task-under-way = Under way
apply-task-done = Done
apply-task-problem = Needs a look
apply-task-not-yet = Cannot start yet
apply-side-front = portrait side
apply-side-back = emblem side
apply-side-data = data page
apply-side-other = back

apply-document-title = Which document?
apply-document-label = Choose a document you have in your hands
apply-document-none = None of these?
apply-document-none-title = You can still register
apply-document-none-text = Please call us or visit an outlet. We look at what you do have, and a person decides. Nobody is turned away only for lack of a document on the list.

apply-identity-title = Name and document number
apply-name-label = Name
apply-name-hint = Exactly as on the document, with every dot and space
apply-name-cannot = Cannot type your name?
apply-name-cannot-text = Put a question mark for a character you cannot type; the reviewer completes it from the photo.
apply-id-number-label = Document number
apply-id-number-hint = The number on the document ({ $document }); you may type it in groups
apply-birth-label = Date of birth
apply-valid-until-label = Document valid until

apply-photo-title = Photograph your document: { $side }
apply-photo-lead = Photograph the document itself, not a copy or a screen.
apply-photo-send = Send this photo
apply-photo-retake = To retake it, just choose a new one.
apply-photo-anyway = Use this one
apply-photo-tries = Still not working after several tries? Visit an outlet, ask someone to take the photo, or call us for a video appointment.
apply-photo-wechat = Camera does not open in an app? Open this page in your browser.
apply-photo-none = Choose a photo first
apply-photo-alt = { $what }, upload { $count }
apply-photo-camera-off = You can also go on with another phone: open it with the reference { $reference } and a code.

apply-portrait-title = Take a photo of your face
apply-portrait-rule-1 = Face the camera, whole face visible
apply-portrait-rule-2 = Even light, no shadow on the face
apply-portrait-rule-3 = No mask or sunglasses; ordinary glasses and a headscarf that shows the face are fine
apply-portrait-rule-4 = Only you in the picture
apply-portrait-rule-5 = Taken now, not an old photo
apply-portrait-other = Cannot or do not want to?
apply-portrait-other-title = Without a photo of your face
apply-portrait-other-text = You can come to an outlet with your document, or call us for a video check. What you entered is kept.

apply-consents-title = Your consent
apply-consents-label = Please tick each one. None is chosen for you.
apply-consents-refused-title = Without the first consent we cannot register
apply-consents-refused-text = What you entered is saved as a draft. Come back to this page if you change your mind; if you do nothing, the draft is deleted.

apply-check-title = Check and send
apply-check-lead = Please look once more before you send.
apply-check-number = Number
apply-check-card = Card, last 6 digits
apply-check-contact = Contact
apply-check-document = Document
apply-check-photos = Photos
apply-check-consents = Consent
apply-check-given = Sent
apply-check-missing = Missing
apply-check-precheck = What the first look found
apply-check-precheck-fine = Nothing wrong found.
apply-check-promise = Send now, result by
apply-check-cut-off = Today's cut-off has passed; counting starts on the next working day.
apply-check-provisional = This date rests on holidays that are not published yet; if it changes we tell you.
apply-check-send = Send

apply-receipt-title = Received
apply-receipt-reference = Your reference is { $reference }
apply-receipt-text = We have it, and it is in the queue. You need not do anything now.
apply-receipt-promise = Result by
apply-receipt-sent-to = We send the result to { $contact }.
apply-receipt-next = What happens next
apply-receipt-next-1 = A member of staff checks what you sent
apply-receipt-next-2 = If something is missing, you redo only that
apply-receipt-next-3 = Once approved the number is switched on; you get a message when it works
apply-receipt-status = See the progress
apply-receipt-keep = Keep the reference, or print this page.

apply-resume-title = Go on
apply-resume-lead = With your reference and a code you can go on from any device.
apply-reference-label = Reference
apply-reference-hint = 6 letters and digits, for example R7K2Q9
apply-session-over-title = Please confirm that it is you
apply-session-over-text = There was no activity for a while. Everything saved is still here; go on with your reference and a code.
apply-session-over-kept = There was no activity for a while. What you have just sent is saved; go on with your reference and a code.

# Answers that are missing or cannot be read.
apply-wrong-reference = Enter the 6-character reference
apply-wrong-tail = Enter the last 4 digits of the number
apply-name-cannot-legend = If a character cannot be typed
apply-date-hint = For example 1990, 3, 14
apply-long-term = The document says it does not expire (long-term)
apply-long-term-legend = No expiry date?
apply-guardian-title = Guardian
apply-guardian-text = A child's number is registered together with a guardian. Enter the guardian's details here.
apply-guardian-name = Guardian's name
apply-guardian-number = Guardian's resident identity number
apply-guardian-papers = Household register: the child's page and the guardian's
apply-company-papers = Stamped letter of authority
apply-photo-fault = { $fault }: { $fix }
apply-photo-broken = The upload broke off. Please try again.
apply-receipt-sent-at = Sent
apply-begin-go-on = You have an unfinished application, reference { $reference }.
apply-begin-documents = Documents we accept
apply-begin-any = Any one of them, the document itself.
apply-task-number = Number and card
apply-task-contact = Contact
apply-task-who = Who it is for
