-- Whether a block was written since it was read: answered without touching the block.
create index activity_version on activity (bucket, block, version);
