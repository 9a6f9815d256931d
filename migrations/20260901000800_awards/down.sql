drop table award_result;
drop table award_quota;
drop table award_run;
drop table group_fact;
