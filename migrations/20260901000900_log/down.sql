drop table audit_head;
drop table audit_event;
