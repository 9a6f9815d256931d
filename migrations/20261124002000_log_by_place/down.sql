drop index audit_event_of_place;
