-- How a tenant table is protected: both guards of a table stand in one place, so that none is forgotten.

-- Rows are visible and writable inside the interval that the transaction has set; nothing when unset.
create procedure protect_tenant(target regclass, privileges text)
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant on %s to jifen_program
            using (place >= current_setting(''jifen.lo'', true) and place < current_setting(''jifen.hi'', true))
            with check (place >= current_setting(''jifen.lo'', true) and place < current_setting(''jifen.hi'', true))',
        target);
    execute format('grant %s on %s to jifen_program', privileges, target);
    execute format('grant select on %s to jifen_backup', target);
end
$$;

-- What binds those below it (catalogues, rulebooks, names of places) can be read from below as well.
create procedure protect_binding(target regclass, privileges text)
language plpgsql as $$
begin
    call protect_tenant(target, privileges);
    execute format(
        'create policy binding on %s for select to jifen_program
            using (starts_with(current_setting(''jifen.lo'', true), place))',
        target);
end
$$;

-- Partitions inherit neither policies nor grants: each is closed to everybody and reached through its parent.
create procedure partition_by_year(target regclass, first_year int, last_year int)
language plpgsql as $$
begin
    for year in first_year..last_year loop
        execute format(
            'create table %I partition of %s for values from (%s) to (%s)',
            target::text || '_' || year, target, year * 100 + 1, (year + 1) * 100 + 1);
        execute format('alter table %I enable row level security', target::text || '_' || year);
        execute format('alter table %I force row level security', target::text || '_' || year);
    end loop;
end
$$;

revoke execute on procedure protect_tenant(regclass, text) from public;
revoke execute on procedure protect_binding(regclass, text) from public;
revoke execute on procedure partition_by_year(regclass, int, int) from public;
revoke create on schema public from public;
grant usage on schema public to jifen_program, jifen_backup;
