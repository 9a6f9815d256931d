alter table suggestion drop column taken_by;
