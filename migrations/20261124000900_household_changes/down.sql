drop table household_query_step;
drop table household_query;
drop table household_change;
revoke update (place) on household from jifen_program;
