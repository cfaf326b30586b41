consent-registration = I agree that my name, document and photos are used to register this number
consent-registration-hint = Required by law; without it the number cannot be registered
consent-biometric = I agree that a machine compares my face with the photo on my document
consent-biometric-hint = You may refuse; then a person compares them
consent-partners = I agree that banks and other partners may ask whether this number is still mine
consent-partners-hint = You may refuse, and withdraw at any time
