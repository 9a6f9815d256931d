//! Personal data: shown one by one, taken out as a whole, erased after leaving, sealed anew under another key.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use testkit::COUNTY;

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{
    Folder, Serving, call, jifen, path, results, run, said, scored, send, succeed, superuser,
};

const HOUSEHOLD: &str = "4402291002010010001";

/// One that has a telephone.
const REACHED: &str = "4402291002010010002";

const VILLAGE: &str = "440229100201";

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_alone_and_the_log_tells_who_saw_it() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let mut connection = database.database.connection().await.expect("a connection");
    let village = Place::parse_code(VILLAGE).expect("a code");
    let clerk = account(&mut connection, "clerk.one", village).await;
    grant(&mut connection, clerk, Role::VillageAdministrator, village).await;
    let member = account(&mut connection, "member.one", village).await;
    grant(&mut connection, member, Role::PanelMember, village).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let [clerk_in, member_in] = ["clerk.one", "member.one"].map(|login| log_in(&serving.pages, login));
    let show = |who: &str, field: &str| {
        let address = format!("/api/v1/households/{REACHED}/reveal");
        call(&serving.pages, "POST", &address, who, &json!({ "field": field }))
    };
    assert_eq!(show(&member_in, "phone").status, 403, "a panel member scores and sees no phones");
    let shown = show(&clerk_in, "phone");
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
    let phone = shown.json()["value"].as_str().expect("a phone").to_owned();
    assert!(phone.len() == 11 && phone.bytes().all(|byte| byte.is_ascii_digit()), "{phone}");
    let request = shown.header("x-request-id");
    let owner = superuser(&database).await;
    let row = owner
        .query_one("select actor, place, detail from audit_event where act = 'reveal'", &[])
        .await
        .expect("one row of the log");
    let (actor, place, detail): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(actor, format!("person:{clerk}:village_administrator@{VILLAGE}"));
    assert_eq!(place, VILLAGE);
    assert!(detail.contains(REACHED) && detail.contains("phone") && detail.contains(request), "{detail}");
    assert!(!detail.contains(&phone), "the log tells that it was seen, not what");
    let file = send(&serving.pages, "GET", &format!("/api/v1/households/{REACHED}/file"), &[&clerk_in], "");
    assert_eq!((file.status, &file.json()["phone"]), (200, &json!(phone)));
    let taken: i64 = owner
        .query_one("select count(*) from audit_event where act = 'export_household'", &[])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_leaving_a_household_is_erased_and_its_results_and_the_chain_stay() {
    let (database, county) = scored(60, "2026-01", 1).await;
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let before = results(&database, "2026-01");
    let mut connection = database.database.connection().await.expect("a connection");
    let place = Place::parse_code(COUNTY).expect("a code");
    let number = account(&mut connection, "lai.wen", place).await;
    grant(&mut connection, number, Role::CountyAdministrator, place).await;
    let serving = Serving::start_with(&database, UNLIMITED);
    let who = log_in(&serving.pages, "lai.wen");
    let erase = || {
        let address = format!("/api/v1/households/{HOUSEHOLD}/erasure");
        call(&serving.pages, "POST", &address, &who, &Value::Null)
    };
    let early = erase();
    assert_eq!(early.status, 422);
    assert!(early.body.contains("还在参与积分"), "{}", early.body);
    // It leaves from February on, which January's closing allows.
    let village = demo::villages(&county.plan).next().expect("a village");
    let row = demo::households(&county.plan, &village).remove(0);
    assert_eq!(row.household.digits(), HOUSEHOLD);
    let head = row.head_name.clone();
    let folder = Folder::new();
    let text = format!(
        "group_code,number,head_name,phone,members_registered,members_resident,resident,local,address,joined_month,\
         left_month\n{},{},{},{},{},{},{},{},{},2026-01,2026-02\n",
        row.group,
        &HOUSEHOLD[15..],
        row.head_name,
        row.phone.clone().unwrap_or_default(),
        row.members_registered,
        row.members_resident,
        row.resident,
        row.local,
        row.address.clone().unwrap_or_default(),
    );
    let file = folder.file("households.csv", text);
    let import =
        ["import", "households", path(&file), "--county", COUNTY, "--now", "2026-02-05T09:00:00+08:00"];
    succeed(&database, &import);
    let done = erase();
    assert_eq!((done.status, &done.json()["revisions"]), (200, &json!(2)), "{}", done.body);
    assert_eq!(
        erase().json(),
        json!({ "revisions": 0, "remarks": 0, "objections": 0, "photos": 0 }),
        "again is success"
    );
    let owner = superuser(&database).await;
    let left = "select count(*) from household_version v join household h on h.id = v.household_id
        where h.code = $1 and (head_name is not null or name_salt is not null or phone_sealed is not null
            or phone_index is not null or address_sealed is not null)";
    let named: i64 = owner.query_one(left, &[&HOUSEHOLD]).await.expect("a count").get(0);
    assert_eq!(named, 0);
    let dump = "select count(*) from household_version where household_version::text like '%' || $1 || '%'
        and household_id = (select id from household where code = $2)";
    let kept: i64 = owner.query_one(dump, &[&head, &HOUSEHOLD]).await.expect("a count").get(0);
    assert_eq!(kept, 0);
    assert_eq!(results(&database, "2026-01"), before, "the results stay, under the code");
    let verified = succeed(&database, &["verify", "--county", COUNTY]);
    assert!(verified.contains("依法删除"), "{verified}");
    let shown = call(&serving.pages, "GET", &format!("/api/v1/households/{HOUSEHOLD}"), &who, &Value::Null);
    assert_eq!((shown.status, &shown.json()["head"]), (200, &json!("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_sealed_anew_and_the_earlier_key_is_thrown_away() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let (first, second) = ("07".repeat(32), format!("2:{}", "08".repeat(32)));
    let with = |keys: &[(&str, &str)], arguments: &[&str]| {
        let mut command = jifen(&database, arguments);
        command.envs(keys.iter().copied());
        said(command.output().expect("the program"))
    };
    let both = [("JIFEN_SEALING_KEY", second.as_str()), ("JIFEN_SEALING_KEYS_BEFORE", first.as_str())];
    let reseal = ["reseal", "--json"];
    let alone = [("JIFEN_SEALING_KEY", second.as_str())];
    succeed(&database, &["verify", "--county", COUNTY]);
    let without = with(&alone, &["verify", "--county", COUNTY]);
    assert_eq!(without.code, Some(1));
    assert!(without.err.contains("密钥与数据库不符"), "{}", without.err);
    // While both keys are known, what the first sealed is read, and not written again for being sealed by it.
    assert_eq!(with(&both, &["verify", "--county", COUNTY]).code, Some(0));
    let done = with(&both, &reseal);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let done: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((&done["key"], &done["households"]), (&json!(2), &json!(60)), "{done}");
    let again: Value = serde_json::from_str(&with(&both, &reseal).out).expect("JSON");
    assert_eq!(again["households"], 0, "again is success");
    let owner = superuser(&database).await;
    let old = "select count(*) from household_version where get_byte(phone_sealed, 0) <> 2
        or get_byte(address_sealed, 0) <> 2";
    let left: i64 = owner.query_one(old, &[]).await.expect("a count").get(0);
    assert_eq!(left, 0);
    let verified = with(&alone, &["verify", "--county", COUNTY]);
    assert_eq!(verified.code, Some(0), "the new key alone opens everything: {}", verified.err);
    let old = run(&database, &["verify", "--county", COUNTY]);
    assert!(old.code == Some(1) && old.err.contains("密钥与数据库不符"), "{old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_private_cluster_the_next_key_is_made_beside_the_first_which_may_then_go() {
    let folder = Folder::new();
    let data = path(&folder.0).to_owned();
    let private = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jifen"));
        command.args(arguments).args(["--data", &data]);
        command.env_remove("DATABASE_URL").env_remove("JIFEN_SEALING_KEY");
        let said = said(command.output().expect("the program"));
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
        said.out
    };
    let county = "990103000000";
    private(&["demo", "--county", county, "--households", "12", "--months", "1", "--from", "2026-01"]);
    private(&["reseal", "--new-key"]);
    let done: Value = serde_json::from_str(&private(&["reseal", "--json"])).expect("JSON");
    assert_eq!((&done["key"], &done["households"]), (&json!(2), &json!(12)), "{done}");
    let secrets = std::fs::read_dir(folder.0.join("secrets")).expect("the secrets");
    let keys: Vec<_> = secrets
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("sealing"))
        .collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    std::fs::remove_file(folder.0.join("secrets/sealing.key")).expect("thrown away");
    private(&["verify", "--county", county]);
    assert!(!folder.0.join("secrets/sealing.key").exists(), "no other key is made in its place");
}
