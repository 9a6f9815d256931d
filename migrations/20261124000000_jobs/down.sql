alter table contact drop column reminded;
drop table message;
drop policy worker on division;
drop table job_run;
