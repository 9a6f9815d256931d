drop table signature;
drop table card_remark;
drop table finding;
drop table card;
drop sequence card_id;
