//! Journeys in a real browser: Chromium, driven through its own driver.

mod crawl;
mod driver;
mod entry;
mod looks;
mod month;
mod phone;
mod phone_kept;
mod phone_sharing;
mod phone_troubles;
mod rules;
mod screens;
mod stage;
mod upkeep;
mod vectors;
mod villager;
