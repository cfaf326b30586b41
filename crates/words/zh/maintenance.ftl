maintenance-open = 网页开放中。
maintenance-until = 网页维护中，预计到 { $until }（{ $zone }）。
maintenance-closed = 网页维护中。
