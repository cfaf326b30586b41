network-none = The network has everything as wanted.
network-open = not told yet, since { $since }, { $tries } tries: { $said }
network-applied = wanted { $wanted }, the network allows { $applied }
network-drift = changed there by somebody else { $at } ({ $what }; { $count } times in all), put right
network-drift-gone = the record was gone
network-drift-number = another number or none
network-drift-profile = other services
