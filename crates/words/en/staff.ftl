refusal-staff-wrong-sign-in = Account, password or code is not right. A code works once only; wait for the next one.
refusal-staff-locked = Too many tries. Try again in { $minutes ->
    [1] 1 minute
   *[other] { $minutes } minutes
}.
refusal-staff-login-malformed = A login has 2 to 40 of a-z, 0-9, dot, dash or underscore and begins with a letter.
refusal-staff-login-taken = This login exists already.
refusal-staff-password-too-short = A password has at least { $length } characters.
refusal-staff-no-role = Give at least one role.
refusal-staff-name-malformed = Enter a name of at most 40 characters.
