//! The first start: the county and its first administrator, made in the browser by whoever reads the code that the
//! program shows in its terminal. Once somebody has a role, the code is worth nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use askama::Template;
use authz::{Act, Actor, Allowed, Grant, Guard, ManageAccounts, Read, RegisterDivisions, Role};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::canonical::Digest;
use domain::input::{Division, Line};
use domain::place::{Level, Place};
use records::accounts::{
    NewAccount, NewGrant, add_account, check_new, grant_role, grants_of, take_up_account,
};
use records::places::register_divisions;
use records::{Database, Mode, tenancy};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::error::{PageError, page};
use crate::http::input::Posted;
use crate::problem::Problem;
use crate::shell::refused;
use crate::state::State;

/// What the first start waits for.
pub struct Setup {
    code: Digest,
    /// Two forms at once make one county's first administrator.
    busy: Mutex<()>,
    over: AtomicBool,
}

impl Setup {
    /// The first start under a code, of which only the digest is kept.
    pub fn new(code: &str) -> Self {
        Self { code: Digest::of(code.as_bytes()), busy: Mutex::new(()), over: AtomicBool::new(false) }
    }

    /// Whether a text is the code. Digests are compared, so that the time tells nothing of it.
    fn is(&self, text: &str) -> bool {
        Digest::of(text.trim().as_bytes()) == self.code
    }

    /// Whether still nobody has a role.
    async fn is_open(&self, state: &State) -> records::Result<bool> {
        if self.over.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let open = nobody_has_a_role(&state.database, &state.guard, &state.operator).await?;
        self.over.store(!open, Ordering::Relaxed);
        Ok(open)
    }
}

/// Whether no role was ever given, in no county: nobody could log in and do anything.
///
/// # Errors
/// Faults of the database.
pub async fn nobody_has_a_role(
    database: &Database,
    guard: &Guard,
    operator: &Actor,
) -> records::Result<bool> {
    for county in records::jobs::counties(database).await? {
        let Ok(allowed) = guard.allow(operator, Read, county) else { return Ok(false) };
        let mut connection = database.connection().await?;
        let given =
            tenancy::read(&mut connection, &allowed, async |connection| grants_of(connection, &county).await)
                .await?;
        if !given.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the pages wait for their first administrator.
pub(crate) async fn is_open(state: &State) -> records::Result<bool> {
    match &state.setup {
        Some(setup) => setup.is_open(state).await,
        None => Ok(false),
    }
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub(crate) struct SetupForm {
    code: String,
    county: String,
    county_name: String,
    name: String,
    login: String,
    password: String,
    again: String,
}

#[derive(Template, Default)]
#[template(path = "setup/setup.html")]
struct SetupPage {
    open: bool,
    done: bool,
    problem: String,
    /// What was typed; the code and the password are typed again.
    typed: SetupForm,
}

/// `GET /setup`
pub(crate) async fn form(Extract(state): Extract<State>) -> Result<Response, PageError> {
    let shown = SetupPage { open: is_open(&state).await?, ..SetupPage::default() };
    Ok(page(StatusCode::OK, &shown))
}

/// `POST /setup`
pub(crate) async fn set_up(
    Extract(state): Extract<State>,
    Posted(form): Posted<SetupForm>,
) -> Result<Response, PageError> {
    let Some(setup) = state.setup.clone() else {
        return Ok(page(StatusCode::OK, &SetupPage::default()));
    };
    let _alone = setup.busy.lock().await;
    if !setup.is_open(&state).await? {
        return Ok(page(StatusCode::OK, &SetupPage::default()));
    }
    let made = if setup.is(&form.code) {
        make(&state, &form).await
    } else {
        Err(Problem::forbidden().because("设置码不对：请看启动本程序的窗口").into())
    };
    match made {
        Ok(()) => Ok(page(StatusCode::OK, &SetupPage { done: true, typed: form, ..SetupPage::default() })),
        Err(error) => {
            let (status, problem) = refused(error)?;
            Ok(page(status, &SetupPage { open: true, done: false, problem, typed: form }))
        }
    }
}

/// Makes the county, the account and the role, in this order: what a crash leaves behind is found again, under the same
/// code of the county.
async fn make(state: &State, form: &SetupForm) -> Result<(), PageError> {
    let county = county_of(&form.county)?;
    let name = form.county_name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Problem::refused().because("县名应为 1 到 60 个字").into());
    }
    if form.password != form.again {
        return Err(Problem::refused().because("两次输入的密码不同，请重新输入").into());
    }
    let new = NewAccount {
        login: form.login.trim().to_owned(),
        name: form.name.trim().to_owned(),
        password: form.password.clone(),
        must_change: false,
    };
    check_new(&new)?;
    let moment = state.moment();
    let row =
        Division { place: county, parent: county.parent(), level: Level::County, name: name.to_owned() };
    let rows = [Line { number: 1, row }];
    let mut connection = state.database.connection().await?;
    let allowed = permission(state, RegisterDivisions, county)?;
    register_divisions(&mut connection, &allowed, &rows, Mode::Apply, &moment).await?;
    let allowed = permission(state, ManageAccounts, county)?;
    // Nobody has a role yet: an account of that log-in was left where an earlier start broke off.
    let account = match take_up_account(&mut connection, &allowed, &new, &moment).await? {
        Some(left) => left,
        None => match add_account(&mut connection, &allowed, &new, &moment).await {
            // It was left in another county, whose code was typed then; all else was checked before.
            Err(records::Error::Refused(_)) => {
                let words = format!("登录名“{}”已有人使用；请换一个登录名，或用上次的县代码", new.login);
                return Err(Problem::refused().because(words).into());
            }
            made => made?,
        },
    };
    let role =
        NewGrant { account, role: Role::CountyAdministrator, from: moment.local().date(), until: None };
    let allowed = permission(state, Grant, county)?;
    grant_role(&mut connection, &state.guard, &allowed, &role, &moment).await?;
    Ok(())
}

fn county_of(code: &str) -> Result<Place, Problem> {
    let county = Place::parse_code(code.trim()).ok().filter(|place| place.level() == Level::County);
    county.ok_or_else(|| Problem::refused().because("县代码应是 12 位数字，后六位是 000000，如 440229000000"))
}

/// Whoever reads the terminal is the user of the shell, and does here what that user may do there.
fn permission<A: Act>(state: &State, act: A, county: Place) -> Result<Allowed<A>, PageError> {
    state.guard.allow(&state.operator, act, county).map_err(|_| PageError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_itself_is_the_code() {
        let setup = Setup::new("aa84-90d2-f3ec");
        assert!(setup.is("aa84-90d2-f3ec") && setup.is(" aa84-90d2-f3ec\n"));
        assert!(!setup.is("") && !setup.is("aa84-90d2-f3ed"));
    }

    #[test]
    fn a_county_is_named_by_its_own_code() {
        assert!(county_of("440229000000").is_ok());
        for other in ["440229100000", "44022", "440200000000x", ""] {
            assert!(county_of(other).is_err(), "{other}");
        }
    }
}
