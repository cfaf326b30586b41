calendar-imported = Years taken over: { $years }. Provisional dates confirmed as they were: { $confirmed }; moved, and their applicants told: { $moved }.
calendar-official = { $year }  official  { $source }
calendar-statutory = { $year }  statutory holidays only, dates are provisional  { $source }
