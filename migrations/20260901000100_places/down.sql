drop table contact;
drop table division;
