drop table county_seal;
drop table month_difference;
drop table month_result;
drop table month_closing;
