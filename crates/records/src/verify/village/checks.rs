//! What needs no recomputation: names against digests, signatures against cards, publications against
//! the log, differences against versions.

use domain::canonical::Digest;
use domain::objections::difference;
use domain::scoring::signed_digest;

use super::{Computed, Facts};
use crate::closing::Difference;
use crate::codec;
use crate::scoring::remark_digest;
use crate::sealing::{Field, Sealer};
use crate::verify::audit_chain::Log;
use crate::verify::{Verified, compare};

impl Facts {
    /// Names against their digests, sealed values against the key.
    pub(super) fn check_register(&self, sealer: Option<&Sealer>, verified: &mut Verified) {
        for (row, personal) in &self.register {
            let household = row.entry.household;
            let what = format!("花名册第 {} 次登记", row.entry.revision);
            match (&personal.head_name, &personal.salt) {
                (Some(name), Some(salt)) if Digest::salted(salt, name) == row.entry.name => {}
                (None, None) => verified.erased += 1,
                _ => verified.fail(household, what.clone(), "户主姓名与结账时的摘要不符"),
            }
            let Some(sealer) = sealer else { continue };
            let opened =
                [(Field::Phone, &personal.phone, "电话"), (Field::Address, &personal.address, "地址")];
            for (field, sealed, title) in opened {
                let opened = sealed.as_deref().map(|sealed| sealer.open(&household, field, sealed));
                if opened.as_ref().is_some_and(Result::is_err) {
                    verified.fail(household, what.clone(), format!("{title}的密文无法解开"));
                }
                if field == Field::Phone {
                    let phone = opened.and_then(Result::ok);
                    let beside = sealed.as_deref().unwrap_or_default();
                    let county = household.county();
                    let index = phone.map(|phone| sealer.index_beside(beside, &county, Field::Phone, &phone));
                    if index != personal.phone_index {
                        verified.fail(household, what.clone(), "电话的检索码不符");
                    }
                }
            }
        }
    }

    /// Members' names against their digests.
    pub(super) fn check_panels(&self, verified: &mut Verified) {
        for panel in &self.panels {
            for ((member, name), salt) in panel.panel.members.iter().zip(&panel.names).zip(&panel.salts) {
                match (name, salt) {
                    (Some(name), Some(salt)) if Digest::salted(salt, name) == member.name => {}
                    (None, None) => verified.erased += 1,
                    _ => {
                        let what = format!("评分组“{}”第 {} 次登记", panel.panel.name, panel.panel.revision);
                        verified.fail(self.village, what, "评委姓名与摘要不符");
                    }
                }
            }
        }
    }

    /// Remarks against the digests on their cards.
    pub(super) fn check_remarks(&self, verified: &mut Verified) {
        for (month, cards) in &self.cards {
            for card in cards {
                let what = format!("积分卡第 {} 张", card.card.revision);
                match (&card.card.remark, self.remarks.get(&card.id)) {
                    (None, None) => {}
                    (Some(_), None) => verified.erased += 1,
                    (Some(digest), Some((salt, remark))) if remark_digest(salt, remark) == *digest => {}
                    _ => verified.fail_in(*month, card.card.household, what, "原因、备注或决定人与摘要不符"),
                }
            }
        }
    }

    /// Signatures against the cards they cover.
    pub(super) fn check_signatures(&self, verified: &mut Verified) {
        for (month, signatures) in &self.signatures {
            let cards = self.cards.get(month).map(Vec::as_slice).unwrap_or_default();
            for signature in signatures {
                let covered: Vec<_> = cards.iter().filter(|card| signature.covers(card)).collect();
                let last = covered.iter().map(|card| card.id).max().unwrap_or(0);
                let same = signed_digest(covered.iter().map(|card| &card.card)) == signature.digest
                    && codec::length(covered.len()) == signature.cards
                    && last == signature.last_card_id;
                if !same {
                    let what = format!("评分组“{}”的签字", signature.panel);
                    verified.fail_in(*month, self.village, what, "与所签的积分卡不符");
                }
            }
        }
    }

    /// Publications against the versions they name and what the log tells.
    pub(super) fn check_publications(&self, log: &Log, verified: &mut Verified) {
        for row in &self.publications {
            let closing = self.closings.iter().find(|closing| closing.id == row.closing_id);
            let same = closing.is_some_and(|closing| {
                closing.hash == row.hash
                    && (closing.link.month, closing.link.version) == (row.month, row.version)
            });
            let key = (self.village.digits().to_owned(), row.month.to_string(), i64::from(row.version));
            let told = (row.published_at, row.published_on.to_string());
            if !same || log.published.get(&key) != Some(&told) {
                let what = format!("第{}版的公示", row.version);
                verified.fail_in(row.month, self.village, what, "与结账版本或日志不符");
            }
        }
    }

    /// Stored differences against those of the recomputed versions.
    pub(super) fn check_differences(&self, computed: &Computed, verified: &mut Verified) {
        for closing in self.closings.iter().filter(|closing| closing.link.version > 1) {
            let key = |version| (closing.link.month, version);
            let versions =
                (computed.get(&key(closing.link.version - 1)), computed.get(&key(closing.link.version)));
            let (Some(before), Some(after)) = versions else { continue };
            let moved: Vec<_> = difference(before, after).iter().map(Difference::of).collect();
            if let Some(difference) = compare::field("差异", &closing.stored_difference, &moved) {
                let what = format!("{}的差异", closing.title());
                verified.fail_in(closing.link.month, self.village, what, compare::sentence(difference));
            }
        }
    }
}
