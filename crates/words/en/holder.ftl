refusal-holder-code-wrong = That is not the code. Please check it and try again.
refusal-holder-code-over = The code is over or was used. Please ask for a new one.
refusal-holder-tries-over = Too many wrong tries. Please ask for a new code.
refusal-holder-too-often = Too many codes. Try again in { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}, or call us.
