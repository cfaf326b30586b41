//! The pages as a browser gets them, one file for each face of the program.

mod away;
mod budget;
mod components;
mod desk_case;
mod desk_drift;
mod desk_isolation;
mod desk_notices;
mod desk_pools;
mod desk_sign_in;
mod esim;
mod faces;
mod frame;
mod holder;
mod outcome;
mod reading;
mod registration;
