//! The adapters, one file for each, against servers that the tests start.

mod authority;
mod drawn_heads;
mod es2plus;
mod esim;
mod hss;
mod pyhss;
mod smsc;
mod smtp;
