common-service = Baohao
common-continue = Continue
common-back = Back
common-change = Change
common-cancel = Cancel
common-yes = Yes
common-no = No
common-send = Send
common-sending = Sending…
common-refresh = Refresh
common-print = Print
common-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
common-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
common-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
common-beijing-time = Beijing time
common-your-time = { $time } your time
common-in-zone = { $time } ({ $zone })
common-error-prefix = Error:{" "}
common-error-summary = Something needs correcting
common-previous = Previous
common-next = Next
common-language-zh-native = 中文
common-language-en-native = English
common-year = Year
common-month = Month
common-day = Day
common-delivered = Delivered
common-on-its-way = On its way
common-not-delivered = Not delivered
common-not-yet = (to come)
common-left = { $span } left
common-overdue = { $span } late
common-segments = { $characters } characters, { $segments ->
    [one] { $segments } SMS
   *[other] { $segments } SMS parts
}
common-zone-title = Show times where I am
common-zone-label = Where are you now?
common-zone-show = Show
common-zone-beijing = Mainland China, Hong Kong, Macao, Taiwan
common-zone-tokyo = Japan, Korea
common-zone-bangkok = Thailand, Vietnam
common-zone-kathmandu = Nepal
common-zone-dubai = United Arab Emirates
common-zone-moscow = Moscow, East Africa
common-zone-paris = Western and Central Europe, West Africa
common-zone-london = United Kingdom, Ireland
common-zone-sao-paulo = Brazil, Argentina
common-zone-new-york = Eastern United States and Canada
common-zone-chicago = Central United States and Canada
common-zone-los-angeles = Western United States and Canada
common-zone-sydney = Eastern Australia
common-zone-auckland = New Zealand
common-semicolon = {"; "}
common-comma = {", "}
