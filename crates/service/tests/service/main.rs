//! The use cases, one file for each, on both engines and against the simulated network.

mod authority;
mod automatic;
mod command;
mod desk_refusals;
mod esim;
mod faces;
mod ingest;
mod live;
mod notice;
mod number;
mod parquet;
mod photo;
mod pool;
mod reading;
mod register;
mod register_parts;
mod register_rules;
mod review;
mod review_cap;
mod review_claim;
mod review_moves;
mod staff;
mod stock;
mod sweep;
mod usage_keeps;
mod work;
