//! `kill -9` in the middle of closing loses nothing and doubles nothing.

use std::time::{Duration, Instant};

use testkit::COUNTY;

use crate::support::{jifen, results, scored, succeed};

const CLOSE: [&str; 7] =
    ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];

/// How often the closing is killed: 20 times, or as often as `JIFEN_KILLS` says, for a long run by hand.
fn kills() -> u32 {
    std::env::var("JIFEN_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_closing_ends_as_an_undisturbed_one_byte_for_byte() {
    let (mut database, _) = scored(900, "2026-01", 1).await;
    let undisturbed = database.copied().await;
    let started = Instant::now();
    succeed(&undisturbed, &CLOSE);
    let takes = started.elapsed();
    let expected = results(&undisturbed, "2026-01");

    let (mut killed, mut seed) = (0, 20_230_815_u32);
    for _ in 0..kills() {
        let victim = database.copied().await;
        let mut process = jifen(&victim, &CLOSE).spawn().expect("the program");
        // A linear congruential generator: the same moments in every run.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(takes * (seed >> 16) / (1 << 16));
        process.kill().expect("killed");
        killed += u32::from(process.wait().expect("its end").code().is_none());
        succeed(&victim, &CLOSE);
        assert_eq!(results(&victim, "2026-01"), expected);
        succeed(&victim, &["verify", "--county", COUNTY]);
    }
    println!("{killed} of {} closings were killed before their end (one takes {takes:?})", kills());
    assert!(killed > 0 && takes > Duration::ZERO);
}
