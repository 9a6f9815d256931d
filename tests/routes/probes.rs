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
    /// With `{account}`, `{grant}`, `{token}` and `{job}` for rows that the village has.
    pub path: &'static str,
    pub body: Option<&'static str>,
    pub needs: Needs,
    /// It ends the session it is tried with, or spends a try of it.
    pub ends_session: bool,
}

impl Probe {
    /// Whether it is answered with problems, not with pages.
    pub fn is_api(&self) -> bool {
        self.route.starts_with("/api/")
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
    get("/assets/public.css", "/assets/public.css", Needs::Nobody),
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
