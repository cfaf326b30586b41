migrate-none = The schema is up to date.
migrate-applied = Applied: { $names }
migrate-waiting = Not applied, as older programs could not go on: { $names }. When none runs any more: baohao migrate --contract
migrate-spread = Spread over { $nodes } machine(s): { $distributed } tables distributed, { $copied } on every machine; { $new } of them new.
