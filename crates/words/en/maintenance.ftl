maintenance-open = The pages are open.
maintenance-until = The pages are closed for maintenance until { $until } ({ $zone }).
maintenance-closed = The pages are closed for maintenance.
