drop table household_token;
drop table posting;
