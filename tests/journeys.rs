//! Journeys through the command line.

mod awards;
mod bad_files;
mod changes;
mod close;
mod console;
mod corrections;
mod demo;
mod exceptions;
mod households;
mod jobs;
mod kill;
mod mail;
mod overview;
mod pages;
mod paper;
mod personal;
mod photos;
mod postings;
mod rules;
mod suggestions;
mod samples;
mod tamper;
mod user;
mod ways;
mod work;
mod year;
