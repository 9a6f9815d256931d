drop table suggestion_answer;
drop table suggestion;
