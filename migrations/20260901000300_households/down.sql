drop table seal_canary;
drop table household_version;
drop table household;
