//! One request for each route, with what it needs.

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is public.
    Nobody,
    /// Nothing but to be let in: logging in.
    Anybody,
    /// Anybody who is known, a machine as well.
    Caller,
    /// A person with a session, in whatever role.
    Person,
    /// An act at a place; without a place, at the actor's own.
    Act(&'static str, Option<&'static str>),
}

/// A request for a route.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    pub method: &'static str,
    pub route: &'static str,
    /// With `{account}`, `{grant}`, `{token}`, `{job}`, `{sheet}`, `{objection}` and `{submission}` for rows that the
    /// village has; in a body `{form_token}` for what the forms of the session carry.
    pub path: &'static str,
    pub body: Option<&'static str>,
    pub needs: Needs,
    /// It ends the session it is tried with, or spends a try of it.
    pub ends_session: bool,
}

impl Probe {
    /// Whether it is answered with problems, not with pages.
    pub fn is_api(&self) -> bool {
        self.route.starts_with("/api/") || self.route.starts_with("/phone/")
    }
}

const VILLAGE: Option<&str> = Some("440229100201");
const GROUP: Option<&str> = Some("440229100201001");
const TOWN: Option<&str> = Some("440229100000");
const COUNTY: Option<&str> = Some("440229000000");

const fn get(route: &'static str, path: &'static str, needs: Needs) -> Probe {
    Probe { method: "GET", route, path, body: None, needs, ends_session: false }
}

const fn send(
    method: &'static str,
    route: &'static str,
    path: &'static str,
    body: &'static str,
    needs: Needs,
) -> Probe {
    Probe { method, route, path, body: Some(body), needs, ends_session: false }
}

const fn ending(probe: Probe) -> Probe {
    Probe { ends_session: true, ..probe }
}

/// Every route.
#[rustfmt::skip]
pub const PROBES: &[Probe] = &[
    get("/", "/", Needs::Nobody),
    get("/h/{token}", "/h/0", Needs::Nobody),
    get("/p/{village}", "/p/440229100201", Needs::Nobody),
    get("/p/{village}/{month}", "/p/440229100201/2026-01", Needs::Nobody),
    get("/healthz", "/healthz", Needs::Nobody),
    get("/readyz", "/readyz", Needs::Nobody),
    get("/metrics", "/metrics", Needs::Nobody),
    get("/assets/{version}/{*name}", "/assets/now/public.css", Needs::Nobody),
    get("/p/{village}/objection", "/p/440229100201/objection", Needs::Nobody),
    send("POST", "/p/{village}/objections", "/p/440229100201/objections", "month=2026-01&group=440229100201001&number=0001&words=x", Needs::Anybody),
    send("POST", "/h/{token}/objections", "/h/0/objections", "month=2026-01&words=x", Needs::Nobody),
    get("/overview/{place}/{month}", "/overview/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    get("/why/{household}/{month}", "/why/4402291002010010001/2026-01", Needs::Act("read", VILLAGE)),
    get("/closing/{place}/{month}", "/closing/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/closing/{place}/{month}", "/closing/440229100201/2026-01", "form_token={form_token}", Needs::Act("close", VILLAGE)),
    get("/scoring/{place}/{month}", "/scoring/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    get("/scoring/{place}/{month}/panel", "/scoring/440229100201/2026-01/panel?name=%E7%AC%AC%E4%B8%80%E8%AF%84%E5%88%86%E7%BB%84", Needs::Act("read", VILLAGE)),
    send("POST", "/scoring/{place}/{month}/signatures", "/scoring/440229100201/2026-01/signatures", "form_token={form_token}&panel=%E7%AC%AC%E4%B8%80%E8%AF%84%E5%88%86%E7%BB%84", Needs::Act("sign_cards", VILLAGE)),
    send("POST", "/scoring/{place}/{month}/sheets/{sheet}", "/scoring/440229100201/2026-01/sheets/{sheet}", "form_token={form_token}&take=no", Needs::Act("sign_cards", VILLAGE)),
    get("/scoring/{place}/{month}/entry", "/scoring/440229100201/2026-01/entry", Needs::Act("enter_cards", VILLAGE)),
    send("POST", "/scoring/{place}/{month}/entry", "/scoring/440229100201/2026-01/entry", "form_token={form_token}&scored_on=2026-01-28", Needs::Act("enter_cards", VILLAGE)),
    get("/objections/{place}/{month}", "/objections/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/objections/{place}/{month}", "/objections/440229100201/2026-01", "form_token={form_token}&group=440229100201001&number=0001&words=x", Needs::Act("object", VILLAGE)),
    get("/objections/{place}/{month}/{objection}", "/objections/440229100201/2026-01/{objection}", Needs::Act("read", VILLAGE)),
    send("POST", "/objections/{place}/{month}/{objection}", "/objections/440229100201/2026-01/{objection}", "form_token={form_token}&act=note&reason=x", Needs::Act("decide_objection", VILLAGE)),
    get("/publication/{place}/{month}", "/publication/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/publication/{place}/{month}", "/publication/440229100201/2026-01", "form_token={form_token}", Needs::Act("publish", VILLAGE)),
    send("POST", "/publication/{place}/{month}/posting", "/publication/440229100201/2026-01/posting", "form_token={form_token}&posted_on=2026-02-05&board=x&by=y", Needs::Act("post", VILLAGE)),
    get("/publication/{place}/{month}/notice.pdf", "/publication/440229100201/2026-01/notice.pdf", Needs::Act("export", VILLAGE)),
    get("/publication/{place}/{month}/notice.png", "/publication/440229100201/2026-01/notice.png", Needs::Act("export", VILLAGE)),
    get("/publication/{place}/{month}/notice.txt", "/publication/440229100201/2026-01/notice.txt", Needs::Act("export", VILLAGE)),
    get("/awards/{place}/{month}", "/awards/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/awards/{place}/{month}", "/awards/440229100201/2026-01", "form_token={form_token}", Needs::Act("award", VILLAGE)),
    get("/rules/{place}/{month}", "/rules/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    get("/rules/{place}/{month}/review", "/rules/440229100201/2026-01/review", Needs::Act("read", VILLAGE)),
    get("/rules/{place}/{month}/draft", "/rules/440229100201/2026-01/draft", Needs::Act("submit_catalogue", VILLAGE)),
    send("POST", "/rules/{place}/{month}/draft", "/rules/440229100201/2026-01/draft", "form_token={form_token}&act=check", Needs::Act("submit_catalogue", VILLAGE)),
    get("/rules/{place}/{month}/submissions/{submission}", "/rules/440229100201/2026-01/submissions/{submission}", Needs::Act("read", VILLAGE)),
    send("POST", "/rules/{place}/{month}/submissions/{submission}", "/rules/440229100201/2026-01/submissions/{submission}", "form_token={form_token}&act=send-back&reason=x", Needs::Act("approve_catalogue", VILLAGE)),
    get("/log/{place}/{month}", "/log/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    get("/accounts/{place}/{month}", "/accounts/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/accounts/{place}/{month}", "/accounts/440229100201/2026-01", "form_token={form_token}&login=-&name=-", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/delegation", "/accounts/440229100000/2026-01/delegation", "form_token={form_token}&delegated=false", Needs::Act("delegate", TOWN)),
    get("/accounts/{place}/{month}/tokens", "/accounts/440229100201/2026-01/tokens", Needs::Act("issue_machine_tokens", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/tokens", "/accounts/440229100201/2026-01/tokens", "form_token={form_token}&name=-&until=-", Needs::Act("issue_machine_tokens", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/tokens/{id}/revocation", "/accounts/440229100201/2026-01/tokens/{token}/revocation", "form_token={form_token}", Needs::Act("issue_machine_tokens", VILLAGE)),
    get("/accounts/{place}/{month}/{account}", "/accounts/440229100201/2026-01/{account}", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/{account}/password", "/accounts/440229100201/2026-01/{account}/password", "form_token={form_token}", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/{account}/disabled", "/accounts/440229100201/2026-01/{account}/disabled", "form_token={form_token}&disabled=false", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/{account}/grants", "/accounts/440229100201/2026-01/{account}/grants", "form_token={form_token}&role=panel_member&place=440229100201", Needs::Act("grant", VILLAGE)),
    send("POST", "/accounts/{place}/{month}/{account}/grants/{grant}/revocation", "/accounts/440229100201/2026-01/{account}/grants/{grant}/revocation", "form_token={form_token}", Needs::Act("grant", VILLAGE)),
    get("/households/{place}/{month}", "/households/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    get("/households/{place}/{month}/new", "/households/440229100201/2026-01/new", Needs::Act("register_households", VILLAGE)),
    send("POST", "/households/{place}/{month}/registrations", "/households/440229100201/2026-01/registrations", "form_token={form_token}", Needs::Act("register_households", VILLAGE)),
    get("/households/{place}/{month}/import", "/households/440229100201/2026-01/import", Needs::Act("register_households", VILLAGE)),
    send("POST", "/households/{place}/{month}/import", "/households/440229100201/2026-01/import", "form_token={form_token}", Needs::Act("register_households", VILLAGE)),
    get("/households/{place}/{month}/sample.csv", "/households/440229100201/2026-01/sample.csv", Needs::Act("read", VILLAGE)),
    send("POST", "/households/{place}/{month}/cards", "/households/440229100201/2026-01/cards", "form_token={form_token}", Needs::Act("issue_tokens", VILLAGE)),
    get("/household/{code}/{month}", "/household/4402291002010010001/2026-01", Needs::Act("read", GROUP)),
    get("/household/{code}/{month}/form2.pdf", "/household/4402291002010010001/2020-01/form2.pdf", Needs::Act("export_household", VILLAGE)),
    send("POST", "/household/{code}/{month}/changes", "/household/4402291002010010001/2026-01/changes", "form_token={form_token}", Needs::Act("register_households", VILLAGE)),
    send("POST", "/household/{code}/{month}/reveal", "/household/4402291002010010001/2026-01/reveal", "form_token={form_token}&field=phone", Needs::Act("reveal", VILLAGE)),
    send("POST", "/household/{code}/{month}/moves", "/household/4402291002010010001/2026-01/moves", "form_token={form_token}&act=check", Needs::Act("register_households", VILLAGE)),
    send("POST", "/household/{code}/{month}/splits", "/household/4402291002010010001/2026-01/splits", "form_token={form_token}&act=check", Needs::Act("register_households", VILLAGE)),
    send("POST", "/household/{code}/{month}/merges", "/household/4402291002010010001/2026-01/merges", "form_token={form_token}&act=check", Needs::Act("register_households", VILLAGE)),
    send("POST", "/household/{code}/{month}/queries", "/household/4402291002010010001/2026-01/queries", "form_token={form_token}&act=ask", Needs::Act("query_eligibility", VILLAGE)),
    send("POST", "/household/{code}/{month}/answers", "/household/4402291002010010001/2026-01/answers", "form_token={form_token}&act=confirmed", Needs::Act("register_households", VILLAGE)),
    get("/panels/{place}/{month}", "/panels/440229100201/2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/panels/{place}/{month}/revisions", "/panels/440229100201/2026-01/revisions", "form_token={form_token}", Needs::Act("form_panels", VILLAGE)),
    get("/phone", "/phone", Needs::Person),
    get("/phone/sw.js", "/phone/sw.js", Needs::Nobody),
    get("/phone/month/{month}", "/phone/month/2026-01", Needs::Act("enter_cards", None)),
    send("PUT", "/phone/photos/{household}/{month}/{sha256}", "/phone/photos/4402291002010010001/2026-01/00", "{form_token}", Needs::Act("enter_cards", GROUP)),
    send("POST", "/phone/sheets", "/phone/sheets", r#"{"form_token": "{form_token}", "sheets": []}"#, Needs::Act("enter_cards", None)),
    get("/login", "/login", Needs::Nobody),
    get("/api/v1/reference", "/api/v1/reference", Needs::Nobody),
    get("/api/v1/openapi.json", "/api/v1/openapi.json", Needs::Nobody),
    ending(send("POST", "/login", "/login", "login=nobody.there&password=x", Needs::Anybody)),
    ending(send("POST", "/logout", "/logout", "form_token=x", Needs::Person)),
    get("/account", "/account", Needs::Person),
    get("/roles", "/roles", Needs::Person),
    send("POST", "/account/password", "/account/password", "form_token=x&old=a&new=b&again=b", Needs::Person),
    send("POST", "/account/role", "/account/role", "form_token=x&grant=0", Needs::Person),
    send("POST", "/account/second-factor", "/account/second-factor", "form_token=x", Needs::Person),
    send("POST", "/account/sessions/{id}/end", "/account/sessions/00/end", "form_token=x", Needs::Person),

    ending(send("POST", "/api/v1/session", "/api/v1/session", r#"{"login": "nobody.there", "password": "-"}"#, Needs::Anybody)),
    get("/api/v1/session", "/api/v1/session", Needs::Person),
    send("PUT", "/api/v1/session", "/api/v1/session", r#"{"grant": 0}"#, Needs::Person),
    ending(send("DELETE", "/api/v1/session", "/api/v1/session", "{}", Needs::Person)),
    get("/api/v1/sessions", "/api/v1/sessions", Needs::Person),
    send("DELETE", "/api/v1/sessions/{id}", "/api/v1/sessions/00", "{}", Needs::Person),
    ending(send("PUT", "/api/v1/password", "/api/v1/password", r#"{"old": "-", "new": "-"}"#, Needs::Person)),
    send("POST", "/api/v1/second-factor", "/api/v1/second-factor", "{}", Needs::Person),
    send("PUT", "/api/v1/second-factor", "/api/v1/second-factor", r#"{"secret": "zz", "code": "0"}"#, Needs::Person),
    send("DELETE", "/api/v1/second-factor", "/api/v1/second-factor", r#"{"code": "0"}"#, Needs::Person),
    get("/api/v1/roles", "/api/v1/roles", Needs::Caller),

    get("/api/v1/accounts", "/api/v1/accounts?place=440229100201", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/api/v1/accounts", "/api/v1/accounts", r#"{"place": "440229100201", "login": "-", "name": "-"}"#, Needs::Act("manage_accounts", VILLAGE)),
    get("/api/v1/accounts/{id}", "/api/v1/accounts/{account}", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/api/v1/accounts/{id}/password", "/api/v1/accounts/{account}/password", "{}", Needs::Act("manage_accounts", VILLAGE)),
    send("PUT", "/api/v1/accounts/{id}/disabled", "/api/v1/accounts/{account}/disabled", r#"{"disabled": false}"#, Needs::Act("manage_accounts", VILLAGE)),
    get("/api/v1/grants", "/api/v1/grants?place=440229100201", Needs::Act("manage_accounts", VILLAGE)),
    send("POST", "/api/v1/grants", "/api/v1/grants", r#"{"account": 0, "role": "panel_member", "place": "440229100201"}"#, Needs::Act("grant", VILLAGE)),
    send("DELETE", "/api/v1/grants/{id}", "/api/v1/grants/{grant}", "{}", Needs::Act("grant", VILLAGE)),
    get("/api/v1/delegations", "/api/v1/delegations", Needs::Act("manage_accounts", None)),
    send("PUT", "/api/v1/delegations/{town}", "/api/v1/delegations/440229100000", r#"{"allowed": false}"#, Needs::Act("delegate", TOWN)),
    get("/api/v1/tokens", "/api/v1/tokens?place=440229100201", Needs::Act("issue_machine_tokens", VILLAGE)),
    send("POST", "/api/v1/tokens", "/api/v1/tokens", r#"{"place": "440229100201", "name": "-", "expires_at": "-"}"#, Needs::Act("issue_machine_tokens", VILLAGE)),
    send("DELETE", "/api/v1/tokens/{id}", "/api/v1/tokens/{token}", "{}", Needs::Act("issue_machine_tokens", VILLAGE)),

    get("/api/v1/divisions", "/api/v1/divisions?place=440229100201", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/divisions", "/api/v1/divisions", r#"{"place": "440229000000", "dry_run": true, "rows": []}"#, Needs::Act("register_divisions", COUNTY)),
    get("/api/v1/contacts", "/api/v1/contacts?place=440229100201", Needs::Act("register_contacts", VILLAGE)),
    send("POST", "/api/v1/contacts", "/api/v1/contacts", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("register_contacts", VILLAGE)),
    get("/api/v1/rulebooks", "/api/v1/rulebooks?place=440229100201&month=2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/rulebooks", "/api/v1/rulebooks", r#"{"place": "440229100201", "from": "2026-01", "toml": "", "dry_run": true}"#, Needs::Act("adopt_rulebook", VILLAGE)),
    get("/api/v1/catalogues", "/api/v1/catalogues?place=440229100201&month=2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/catalogues", "/api/v1/catalogues", r#"{"place": "440229100201", "from": "2026-01", "rows": [], "dry_run": true}"#, Needs::Act("adopt_catalogue", VILLAGE)),
    get("/api/v1/households", "/api/v1/households?place=440229100201", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/households", "/api/v1/households", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("register_households", VILLAGE)),
    get("/api/v1/households/{code}", "/api/v1/households/4402291002010010001", Needs::Act("read", GROUP)),
    send("POST", "/api/v1/households/{code}/reveal", "/api/v1/households/4402291002010010001/reveal", r#"{"field": "phone"}"#, Needs::Act("reveal", VILLAGE)),
    get("/api/v1/households/{code}/file", "/api/v1/households/4402291002010010001/file", Needs::Act("export_household", VILLAGE)),
    send("POST", "/api/v1/households/{code}/moves", "/api/v1/households/4402291002010010001/moves", r#"{"group_code": "440229100201002", "from_month": "2026-01", "reason": "x", "dry_run": true}"#, Needs::Act("register_households", VILLAGE)),
    send("POST", "/api/v1/households/{code}/splits", "/api/v1/households/4402291002010010001/splits", r#"{"stay_registered": 1, "stay_resident": 1, "new": {"group_code": "440229100201001", "number": "9001", "head_name": "x", "members_registered": 1, "members_resident": 1, "resident": true, "local": true}, "from_month": "2026-01", "reason": "x", "dry_run": true}"#, Needs::Act("register_households", VILLAGE)),
    send("POST", "/api/v1/households/{code}/mergers", "/api/v1/households/4402291002010010001/mergers", r#"{"household_code": "4402291002010010002", "stay_registered": 2, "stay_resident": 2, "from_month": "2026-01", "reason": "x", "dry_run": true}"#, Needs::Act("register_households", VILLAGE)),
    send("POST", "/api/v1/households/{code}/erasure", "/api/v1/households/4402291002010010001/erasure", "{}", Needs::Act("erase", VILLAGE)),
    get("/api/v1/panels", "/api/v1/panels?place=440229100201", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/panels", "/api/v1/panels", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("form_panels", VILLAGE)),
    get("/api/v1/cards", "/api/v1/cards?place=440229100201&month=2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/cards", "/api/v1/cards", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("enter_cards", VILLAGE)),
    send("POST", "/api/v1/corrections", "/api/v1/corrections", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("correct", VILLAGE)),
    get("/api/v1/months", "/api/v1/months?village=440229100201", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/closings", "/api/v1/closings", r#"{"place": "440229100201", "month": "2026-01"}"#, Needs::Act("close", VILLAGE)),
    get("/api/v1/publications", "/api/v1/publications?place=440229100201&month=2026-01", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/publications", "/api/v1/publications", r#"{"place": "440229100201", "month": "2026-01"}"#, Needs::Act("publish", VILLAGE)),
    send("POST", "/api/v1/postings", "/api/v1/postings", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("post", VILLAGE)),
    get("/api/v1/results", "/api/v1/results?place=440229100201&month=2026-01", Needs::Act("read", VILLAGE)),
    get("/api/v1/awards", "/api/v1/awards?place=440229100201&year=2026", Needs::Act("read", VILLAGE)),
    send("POST", "/api/v1/awards", "/api/v1/awards", r#"{"place": "440229100201", "year": 2026}"#, Needs::Act("award", VILLAGE)),
    send("POST", "/api/v1/group-facts", "/api/v1/group-facts", r#"{"place": "440229100201", "dry_run": true, "rows": []}"#, Needs::Act("certify", VILLAGE)),
    get("/api/v1/log", "/api/v1/log?place=440229100201", Needs::Act("read_log", VILLAGE)),
    get("/api/v1/log.csv", "/api/v1/log.csv?place=440229100201", Needs::Act("read_log", VILLAGE)),
    get("/api/v1/jobs", "/api/v1/jobs", Needs::Act("operate", None)),
    send("POST", "/api/v1/jobs/{id}/again", "/api/v1/jobs/{job}/again", "{}", Needs::Act("operate", VILLAGE)),
];
