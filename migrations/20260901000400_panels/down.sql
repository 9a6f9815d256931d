drop table panel_member;
drop table panel;
