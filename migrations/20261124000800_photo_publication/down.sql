drop table photo_publication;
revoke delete on photo from jifen_program;
alter table sheet_photo drop column item;
