drop procedure partition_by_year(regclass, int, int);
drop procedure protect_binding(regclass, text);
drop procedure protect_tenant(regclass, text);
