//! `jifen demo`

use anyhow::{Context as _, Result, anyhow};
use authz::{
    AdoptCatalogue, AdoptRulebook, Close, EnterCards, FormPanels, Publish, RegisterContacts,
    RegisterDivisions, RegisterHouseholds,
};
use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use demo::Plan;
use domain::catalogue::Catalogue;
use domain::input::Line;
use domain::month::Month;
use domain::place::Place;
use intake::Limits;
use records::catalogue::{Adoption, adopt_catalogue, catalogue_of};
use records::closing::{Request, close_month};
use records::households::{Registrar, register_households};
use records::panels::form_panels;
use records::places::{register_contacts, register_divisions};
use records::publication::publish_month;
use records::rulebook::adopt_rulebook;
use records::scoring::{Signed, enter_cards};
use records::sealing::Salts;
use records::{Mode, Moment, tenancy};
use serde_json::json;

use crate::arguments::{Common, Demo};
use crate::context::Context;
use crate::output::Progress;

/// How many villages are entered in one transaction.
const BATCH: usize = 20;

/// Makes a synthetic county with signed cards for each month, not closed.
///
/// # Errors
/// The county has other data already.
pub async fn run(common: &Common, wanted: &Demo) -> Result<()> {
    let context = Context::open(common).await?;
    let plan = Plan {
        county: wanted.county,
        households: wanted.households,
        first_month: wanted.from,
        months: wanted.months,
        seed: wanted.seed,
    };
    let made = make(&context, common, plan).await;
    context.close().await?;
    let cards = made?;
    if common.json {
        println!("{}", json!({ "households": plan.households, "months": plan.months, "cards": cards }));
    } else {
        println!("已生成 {} 户、{} 个月、{cards} 张积分卡（未结账）", plan.households, plan.months);
    }
    Ok(())
}

async fn make(context: &Context, common: &Common, plan: Plan) -> Result<usize> {
    let county = DemoCounty::new(context, common, plan)?;
    county.register().await?;
    let mut cards = 0;
    for month in plan.span() {
        cards += county.score(month).await?;
    }
    Ok(cards)
}

/// A synthetic county on its way through the verbs.
pub struct DemoCounty<'a> {
    context: &'a Context,
    plan: Plan,
    catalogue: Catalogue,
    registrar: Registrar,
    quiet: bool,
}

impl<'a> DemoCounty<'a> {
    /// A county of a plan, under the default catalogue.
    ///
    /// # Errors
    /// A code that is no county, or a default catalogue that was replaced by a broken one.
    pub fn new(context: &'a Context, common: &Common, plan: Plan) -> Result<Self> {
        context.allow(authz::Read, plan.county, None)?;
        let text = settings::embedded_or(common.config.as_deref(), settings::DEFAULT_CATALOGUE)?;
        let table = intake::read_bytes("catalogue/default.csv", text.into_bytes(), &Limits::default())?;
        let rows = intake::catalogue(&table)?.rows;
        let catalogue = intake::assemble_catalogue(&rows)
            .map_err(|problems| anyhow!("默认积分项目有误：{}", problems[0]))?;
        // A demonstration is the same wherever it is made, salts included.
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&plan.seed.to_le_bytes());
        let registrar = Registrar { salts: Salts::Derived(seed), ..context.registrar.clone() };
        Ok(Self { context, plan, catalogue, registrar, quiet: common.json })
    }

    /// Registers places and catalogue.
    ///
    /// # Errors
    /// A verb refuses.
    pub async fn register_places(&self) -> Result<()> {
        let (context, plan) = (self.context, &self.plan);
        let now = self.at(plan.first_month.day(1), 8)?;
        let mut connection = context.database.connection().await?;
        let allowed = context.allow(RegisterDivisions, plan.county, None)?;
        register_divisions(&mut connection, &allowed, &lines(demo::divisions(plan)), Mode::Apply, &now)
            .await?;
        let allowed = context.allow(AdoptCatalogue, plan.county, None)?;
        let (from, catalogue) = (plan.first_month, self.catalogue.clone());
        let known = tenancy::read(&mut connection, &allowed, async |connection| {
            catalogue_of(connection, &plan.county, from).await
        });
        if known.await?.is_none() {
            let adoption = Adoption { catalogue, year: from.year(), from, reason: None, builds_on: None };
            adopt_catalogue(&mut connection, &allowed, &adoption, Mode::Apply, &now).await?;
        }
        // A demonstration goes on by itself: what is closed is published, and there is somebody to remind.
        let allowed = context.allow(AdoptRulebook, plan.county, None)?;
        let settings = [("publication.when_closed".to_owned(), "true".to_owned())].into();
        adopt_rulebook(&mut connection, &allowed, settings, (from, None), Mode::Apply, &now).await?;
        let allowed = context.allow(RegisterContacts, plan.county, None)?;
        register_contacts(&mut connection, &allowed, &lines(demo::contacts(plan)), Mode::Apply, &now).await?;
        Ok(())
    }

    /// Registers places, catalogue, households and panels.
    ///
    /// # Errors
    /// A verb refuses.
    pub async fn register(&self) -> Result<()> {
        self.register_places().await?;
        let (context, plan) = (self.context, &self.plan);
        let now = self.at(plan.first_month.day(1), 8)?;
        let mut connection = context.database.connection().await?;
        let villages: Vec<_> = demo::villages(plan).collect();
        let progress = Progress::new("登记农户", self.quiet);
        let households = context.allow(RegisterHouseholds, plan.county, None)?;
        let panels = context.allow(FormPanels, plan.county, None)?;
        for (at, batch) in villages.chunks(BATCH).enumerate() {
            progress.at(at * BATCH, villages.len());
            let rows = lines(batch.iter().flat_map(|village| demo::households(plan, village)).collect());
            register_households(&mut connection, &households, &rows, &self.registrar, Mode::Apply, &now)
                .await?;
            let rows = lines(batch.iter().flat_map(|village| demo::panels(plan, village)).collect());
            form_panels(&mut connection, &panels, &rows, &self.registrar.salts, Mode::Apply, &now).await?;
        }
        progress.at(villages.len(), villages.len());
        Ok(())
    }

    /// Enters a month's cards, signed. Returns how many are new.
    ///
    /// # Errors
    /// A verb refuses; a month that is closed is left as it is.
    pub async fn score(&self, month: Month) -> Result<usize> {
        let (context, plan) = (self.context, &self.plan);
        let now = self.at(month.next().day(3), 20)?;
        let allowed = context.allow(EnterCards, plan.county, None)?;
        let mut connection = context.database.connection().await?;
        let villages: Vec<_> = demo::villages(plan).collect();
        let progress = Progress::new("填积分卡", self.quiet);
        let mut cards = 0;
        for (at, batch) in villages.chunks(BATCH).enumerate() {
            progress.at(at * BATCH, villages.len());
            let rows =
                batch.iter().flat_map(|village| demo::scorecards(plan, village, month, &self.catalogue));
            let rows = lines(rows.collect());
            if self.is_closed(&mut connection, month, &batch[0].place).await? {
                continue;
            }
            let salts = &self.registrar.salts;
            let outcome =
                enter_cards(&mut connection, &allowed, &rows, Signed::ByAll, salts, Mode::Apply, &now)
                    .await?;
            cards += outcome.added;
        }
        progress.at(villages.len(), villages.len());
        Ok(cards)
    }

    async fn is_closed(
        &self,
        connection: &mut records::Connection,
        month: Month,
        village: &Place,
    ) -> Result<bool> {
        let allowed = self.context.allow(authz::Read, self.plan.county, None)?;
        let closed = tenancy::read(connection, &allowed, async |connection| {
            records::closing::closed_months(connection, village).await
        });
        Ok(closed.await?.iter().any(|closed| closed.month == month))
    }

    /// The moment of a local hour, with the wall clock beside it.
    fn at(&self, day: chrono::NaiveDate, hour: u32) -> Result<Moment> {
        let local = day.and_hms_opt(hour, 0, 0).context("时刻")?;
        moment_at(&self.context.moment, local)
    }
}

/// Closes and publishes a month on the days the schedule would.
///
/// # Errors
/// A village is blocked.
pub async fn close_and_publish(context: &Context, county: Place, month: Month) -> Result<()> {
    let next = month.next();
    let closing = moment_at(&context.moment, next.day(4).and_hms_opt(0, 30, 0).context("时刻")?)?;
    let allowed = context.allow(Close, county, None)?;
    close_month(&context.database, &allowed, &Request::of(month), &closing, |_, _| {}).await?;
    let publishing = moment_at(&context.moment, next.day(8).and_hms_opt(9, 0, 0).context("时刻")?)?;
    let allowed = context.allow(Publish, county, None)?;
    let mut connection = context.database.connection().await?;
    publish_month(&mut connection, &allowed, month, &publishing).await?;
    Ok(())
}

fn moment_at(moment: &Moment, local: NaiveDateTime) -> Result<Moment> {
    let now: DateTime<Utc> =
        moment.zone.from_local_datetime(&local).single().context("该时刻在本时区不存在")?.to_utc();
    Ok(Moment { now, ..*moment })
}

/// Rows with the lines a file would have them on.
fn lines<T>(rows: Vec<T>) -> Vec<Line<T>> {
    (2..).zip(rows).map(|(number, row)| Line { number, row }).collect()
}
