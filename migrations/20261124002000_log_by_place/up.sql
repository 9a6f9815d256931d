-- The log is numbered per county and read per place: the page of a village, and who signed a panel's month, whose digest
-- stands in the detail of a row. Without this a village's reader goes through the rows of the whole county, and where
-- there is no such row (a signature that came with a file of cards) through all of them, every time the page is opened.
create index if not exists audit_event_of_place on audit_event (county_code, place, act, number);
