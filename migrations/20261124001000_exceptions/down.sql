drop table sample_card;
drop table sample_household;
drop table sample_draw;
drop table sample_commitment;
drop table exception_step;
drop table lock_exception;
