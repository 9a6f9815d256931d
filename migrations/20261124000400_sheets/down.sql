drop table photo;
drop table sheet_decision;
drop table sheet_photo;
drop table sheet;
