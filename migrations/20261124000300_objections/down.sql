drop table objection_step;
drop table objection;
