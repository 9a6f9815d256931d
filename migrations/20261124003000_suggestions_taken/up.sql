-- Who of the staff took a suggestion or complaint for a villager who came to the office: a log-in; null where it came from
-- a page.
alter table suggestion add column taken_by text;
