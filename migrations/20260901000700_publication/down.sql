drop table publication;
