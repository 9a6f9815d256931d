//! What was typed about a photo stays where it is refused.

use super::World;
use crate::people::log_in;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_about_a_photo_stays_where_it_is_refused() {
    let world = World::new().await;
    let (household, _, whole) = world.found().await;
    let photo = world.photograph(&household, Some(whole), "a tidy yard").await;
    let [one, two] = ["clerk.one", "clerk.two"].map(|login| log_in(&world.serving.pages, login));
    let named = [("household", household.as_str()), ("photo", photo.as_str())];
    let typed =
        [("caption", "Tidy"), ("consent_by", "Zhang"), ("consent_how", "said"), ("consent_on", "soon")];
    let undated =
        world.post(&one, "proposals", &[named.as_slice(), typed.as_slice(), &[("consents", "1")]].concat());
    assert_eq!(undated.status, 422);
    for (name, typed) in typed {
        let kept = format!("name=\"{name}\" value=\"{typed}\"");
        assert!(undated.body.contains(&kept), "{kept}: {}", undated.body);
    }
    assert!(undated.body.contains("value=\"1\" checked"), "the tick, too: {}", undated.body);
    let beside = "<span class=\"word-late\">应为 2000 到 2099 年的日期，如 2026-11-05</span>";
    assert!(undated.body.contains(beside), "{}", undated.body);

    assert_eq!(world.propose(&one, &household, &photo).status, 303);
    assert_eq!(world.decide(&two, &household, &photo, "approve").status, 303);
    let long = "x".repeat(61);
    let said = [("act", "take_down"), ("reason", long.as_str())];
    let refused = world.post(&two, "decisions", &[named.as_slice(), said.as_slice()].concat());
    assert!(refused.status == 422 && refused.body.contains("至多 60 个字"), "{}", refused.body);
    assert!(refused.body.contains(&format!("value=\"{long}\"")), "{}", refused.body);
    assert!(world.hangs(&photo));
}
