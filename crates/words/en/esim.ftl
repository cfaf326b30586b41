# eSIM: a SIM without a parcel.
refusal-esim-code-format = Not an eSIM activation code: it must read LPA:1$address$matching-id
refusal-esim-code-length = An activation code has at most 255 characters
refusal-esim-address = The server's address in the activation code is not right
refusal-esim-matching-id = A matching id has capital letters, digits and dashes only
refusal-esim-none-left = No eSIM is left; bring some into stock, or use a card
refusal-esim-order-over = This eSIM order has ended
refusal-esim-installed = This eSIM is installed on a phone already and cannot be cancelled
