//! Journeys through the command line.

mod awards;
mod bad_files;
mod changes;
mod close;
mod console;
mod corrections;
mod demo;
mod households;
mod jobs;
mod kill;
mod mail;
mod pages;
mod paper;
mod personal;
mod postings;
mod tamper;
mod user;
mod work;
mod year;
