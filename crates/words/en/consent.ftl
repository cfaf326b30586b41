consent-registration = I agree that my name, document and photos are used to register this number
consent-registration-hint = Required by law; without it the number cannot be registered
consent-portrait = I agree that my face is compared with the photo on my document (sensitive personal data)
consent-portrait-hint = If not, visit an outlet with your document instead
consent-partners = I agree that banks and other partners may ask whether this number is still mine
consent-partners-hint = You may refuse, and withdraw at any time
consent-authority = I agree that the authority’s answer about my name and number is kept for a limited time
consent-authority-hint = So that I am not looked up again for another number; you may refuse, and withdraw at any time
