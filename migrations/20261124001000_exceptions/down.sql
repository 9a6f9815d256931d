drop table exception_step;
drop table lock_exception;
