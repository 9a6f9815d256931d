//! A small county, filled through the verbs.

use authz::{Actor, AdoptCatalogue, EnterCards, FormPanels, Guard, RegisterDivisions, RegisterHouseholds};
use demo::Plan;
use domain::catalogue::Catalogue;
use domain::input::Line;
use domain::month::Month;
use domain::place::Place;
use records::catalogue::{Adoption, adopt_catalogue};
use records::households::{Registrar, register_households};
use records::panels::form_panels;
use records::places::register_divisions;
use records::scoring::{Signed, enter_cards};
use records::sealing::{Salts, Sealer};
use records::{Connection, Mode};

use crate::time::moment;

/// The county of the tests.
pub const COUNTY: &str = "440229000000";

/// Decides who may do what.
///
/// # Panics
/// The policy is broken.
pub async fn guard() -> Guard {
    Guard::load().await.expect("the policy")
}

/// The user of the shell.
pub fn operator() -> Actor {
    Actor::Operator("tester".into())
}

/// Seals with a fixed key and salts from a fixed seed.
pub fn registrar() -> Registrar {
    Registrar { sealer: Sealer::new(&[7; 32]), salts: Salts::Derived([7; 32]) }
}

/// A synthetic county.
pub struct County {
    /// What it is made from.
    pub plan: Plan,
    /// Its catalogue.
    pub catalogue: Catalogue,
}

impl County {
    /// A county of so many households from a month on, always the same.
    ///
    /// # Panics
    /// The default catalogue is broken.
    pub fn new(households: u32, first_month: &str, months: u32) -> Self {
        let first_month = Month::parse(first_month).expect("a month");
        let county = Place::parse_code(COUNTY).expect("a code");
        let (_, text) = settings::DEFAULT_CATALOGUE;
        let limits = intake::Limits::default();
        let table = intake::read_bytes("default.csv", text.into(), &limits).expect("the default catalogue");
        let rows = intake::catalogue(&table).expect("its columns").rows;
        let catalogue = intake::assemble_catalogue(&rows).expect("a catalogue");
        Self { plan: Plan { county, households, first_month, months, seed: 1 }, catalogue }
    }

    /// Registers places, catalogue, households and panels.
    ///
    /// # Panics
    /// A verb refuses.
    pub async fn register(&self, connection: &mut Connection) {
        let (guard, actor, county) = (guard().await, operator(), self.plan.county);
        let now = moment(&format!("{}-01 08:00", self.plan.first_month));
        let allowed = guard.allow(&actor, RegisterDivisions, county).expect("allowed");
        let rows = lines(demo::divisions(&self.plan));
        register_divisions(connection, &allowed, &rows, Mode::Apply, &now).await.expect("divisions");
        let allowed = guard.allow(&actor, AdoptCatalogue, county).expect("allowed");
        let from = self.plan.first_month;
        let adoption = Adoption {
            catalogue: self.catalogue.clone(),
            year: from.year(),
            from,
            reason: None,
            builds_on: None,
        };
        adopt_catalogue(connection, &allowed, &adoption, Mode::Apply, &now).await.expect("a catalogue");
        let villages: Vec<_> = demo::villages(&self.plan).collect();
        let allowed = guard.allow(&actor, RegisterHouseholds, county).expect("allowed");
        let rows = lines(villages.iter().flat_map(|village| demo::households(&self.plan, village)).collect());
        register_households(connection, &allowed, &rows, &registrar(), Mode::Apply, &now)
            .await
            .expect("households");
        let allowed = guard.allow(&actor, FormPanels, county).expect("allowed");
        let rows = lines(villages.iter().flat_map(|village| demo::panels(&self.plan, village)).collect());
        form_panels(connection, &allowed, &rows, &registrar().salts, Mode::Apply, &now)
            .await
            .expect("panels");
    }

    /// Enters the cards of a month, signed, on the 3rd of the next.
    ///
    /// # Panics
    /// A verb refuses.
    pub async fn score(&self, connection: &mut Connection, month: Month) {
        let allowed = guard().await.allow(&operator(), EnterCards, self.plan.county).expect("allowed");
        let villages = demo::villages(&self.plan);
        let cards =
            villages.flat_map(|village| demo::scorecards(&self.plan, &village, month, &self.catalogue));
        let now = moment(&format!("{}-03 20:00", month.next()));
        let salts = registrar().salts;
        enter_cards(connection, &allowed, &lines(cards.collect()), Signed::Yes, &salts, Mode::Apply, &now)
            .await
            .expect("cards");
    }
}

/// Rows with the lines a file would have them on.
fn lines<T>(rows: Vec<T>) -> Vec<Line<T>> {
    (2..).zip(rows).map(|(number, row)| Line { number, row }).collect()
}
