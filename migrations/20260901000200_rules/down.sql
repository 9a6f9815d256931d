drop table rulebook;
drop table catalogue_rule;
drop table catalogue_item;
drop table catalogue;
