//! `jifen user`: accounts from the shell, for the first log-in and for rescue.

use serde_json::Value;
use testkit::{COUNTY, County, TestDatabase};

use crate::support::{run, succeed, superuser};

const TOWN: &str = "440229100000";

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_roles_are_made_and_taken_back_from_the_shell_and_the_last_administrator_stays() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(12, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    let role = ["--role", "county_administrator", "--place", COUNTY];
    let add = |login: &str| {
        let add = [&["user", "add", login, "--name", "张三", "--json"], role.as_slice()].concat();
        let added: Value = serde_json::from_str(&succeed(&database, &add)).expect("JSON");
        assert_eq!(
            (&added["login"], &added["role"]),
            (&login.into(), &"county_administrator".into()),
            "{added}"
        );
        added["password"].as_str().expect("a password").to_owned()
    };
    assert_ne!(add("zhang.san"), add("zhang.si"), "passwords are made for each");
    let refused = |arguments: &[&str], reason: &str| {
        let said = run(&database, arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.out);
        assert!(said.err.contains(reason), "{arguments:?}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "one clear line: {}", said.err);
    };
    refused(&["user", "add", "zhang.san", "--name", "李四", "--place", TOWN], "已有人使用");
    refused(&["user", "add", "Z", "--name", "李四", "--place", TOWN], "登录名应为");
    refused(&["user", "add", "li.si", "--name", "李四", "--place", "990199000000"], "没有登记");
    let unknown =
        run(&database, &["user", "add", "li.si", "--name", "李四", "--place", TOWN, "--role", "clerk"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("没有这个角色"), "{}", unknown.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_from_the_shell_are_dated_and_logged() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(12, "2026-01", 1).register(&mut connection).await;
    drop(connection);
    succeed(&database, &["user", "add", "zhang.san", "--name", "张三", "--place", TOWN]);
    let auditor = ["zhang.san", "--role", "auditor", "--place", TOWN];
    succeed(&database, &[&["user", "grant"], auditor.as_slice(), &["--until", "2090-12-31"]].concat());
    let again = run(&database, &[&["user", "grant"], auditor.as_slice()].concat());
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("先收回再授予"), "{}", again.err);
    let administrator = ["zhang.san", "--role", "town_administrator", "--place", TOWN];
    succeed(&database, &[&["user", "grant"], administrator.as_slice()].concat());
    let last = run(&database, &[&["user", "revoke"], administrator.as_slice()].concat());
    assert_eq!(last.code, Some(1));
    assert!(last.err.contains("最后一名镇管理员"), "{}", last.err);
    succeed(&database, &[&["user", "revoke"], auditor.as_slice()].concat());
    let gone = run(&database, &[&["user", "revoke"], auditor.as_slice()].concat());
    assert!(gone.code == Some(1) && gone.err.contains("没有“审计员”角色"), "{}", gone.err);
    let owner = superuser(&database).await;
    let events = "select string_agg(act || ' ' || (detail::jsonb ?| array['granted', 'revoked'])::text, ',' order by number)
        from audit_event where act in ('grant', 'manage_accounts')";
    let told: String = owner.query_one(events, &[]).await.expect("the log").get(0);
    assert_eq!(told, "manage_accounts false,grant true,grant true,grant true");
    succeed(&database, &["verify", "--county", COUNTY]);
}
