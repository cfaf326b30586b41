common-service = Baohao
common-continue = Continue
common-back = Back
common-save = Save
common-change = Change
common-cancel = Cancel
common-yes = Yes
common-no = No
common-optional = (optional)
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
