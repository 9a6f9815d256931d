-- What closing a month computes, as one statement: item caps, the heaviest rule of an act, both ranks,
-- the year's total, qualification and tier. $1 is the month.
insert into reference_result (county_code, month, closing_id, household_id, place, roster_id, card_id, status, score,
    environment, findings, rank_in_group, rank_in_village, year_total, qualifies, tier)
with item as (
    select i.county_code, i.catalogue_id, i.number, i.full_points, i.category = '人居环境' as environment
    from catalogue_item i
),
rule as (
    select r.code, r.item_number, r.points from catalogue_rule r
),
act as (
    select f.card_id, f.times, r.item_number, r.points
    from finding f join rule r on r.code = f.act
    where f.month = $1
    union all
    select f.card_id, f.times, heaviest.item_number, heaviest.points
    from finding f
    cross join lateral (
        select r.item_number, r.points
        from unnest(string_to_array(f.act, '+')) with ordinality broken(code, position)
        join rule r on r.code = broken.code
        order by r.points desc, broken.position
        limit 1
    ) heaviest
    where f.month = $1 and position('+' in f.act) > 0
),
lost as (
    select a.card_id, i.environment, least(sum(a.points * a.times), i.full_points) as points, sum(a.times) as acts
    from act a join item i on i.number = a.item_number
    group by a.card_id, i.number, i.environment, i.full_points
),
card_score as (
    select card_id, 1000 - sum(points) as score,
        coalesce(sum(points) filter (where environment), 0) as environment_lost, sum(acts) as findings
    from lost group by card_id
),
roster as (
    select distinct on (v.household_id) v.*
    from household_version v
    where v.effective_month <= $1
    order by v.household_id, v.revision desc
),
latest_card as (
    select distinct on (c.household_id) c.id, c.household_id, c.status
    from card c where c.month = $1
    order by c.household_id, c.revision desc
),
earlier as (
    select r.household_id, sum(r.score) as total
    from month_result r
    where r.month >= ($1 / 100) * 100 + 1 and r.month < $1
    group by r.household_id
),
full_environment as (
    select sum(full_points) as points from item where environment
),
scored as (
    select v.county_code, closing.id as closing_id, v.household_id, v.place, v.id as roster_id, c.id as card_id,
        coalesce(c.status, 4)::smallint as status,
        case when c.status = 0 then coalesce(s.score, 1000) end as score,
        case when c.status = 0 then f.points - coalesce(s.environment_lost, 0) end as environment,
        case when c.status = 0 then coalesce(s.findings, 0) else 0 end as findings,
        coalesce(e.total, 0) as earlier
    from roster v
    cross join full_environment f
    join month_closing closing on closing.county_code = v.county_code and closing.month = $1
        and closing.place = left(v.place, 12)
    left join latest_card c on c.household_id = v.household_id
    left join card_score s on s.card_id = c.id
    left join earlier e on e.household_id = v.household_id
    where v.joined_month <= $1 and (v.left_month is null or v.left_month > $1)
),
ranked as (
    select *,
        case when score is not null
            then rank() over (partition by place, score is null order by score desc) end as rank_in_group,
        case when score is not null
            then rank() over (partition by closing_id, score is null order by score desc) end as rank_in_village
    from scored
)
select county_code, $1, closing_id, household_id, place, roster_id, card_id, status, score, environment, findings,
    rank_in_group, rank_in_village, earlier + coalesce(score, 0),
    coalesce(score >= 800 and rank_in_group <= 15, false),
    case when score >= 800 and rank_in_group <= 15 then
        case when score >= 950 then 1 when score >= 900 then 2 when score >= 850 then 3 else 4 end end
from ranked
