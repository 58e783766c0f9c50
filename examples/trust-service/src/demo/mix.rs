//! The actions of the demo and their frequency. Each turn runs one action of a table.

use std::time::Duration;

use mme_metrics::http::SendMeasured;
use reqwest::{Method, Response, Result};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tonic::Status;

use super::client::Client;
use crate::login::AT_ONCE;

/// Time after which an impatient client hangs up. Text recognition of a scan takes longer.
const IMPATIENCE: Duration = Duration::from_millis(60);

/// Time for which a client follows the events of its tenant.
pub(super) const FOLLOWS: Duration = Duration::from_secs(3);

/// Number of logins in a crowd that exceed the limit.
const TURNED_AWAY: usize = 1;

/// An action of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    List,
    Read,
    Store,
    Process,
    ProcessScan,
    /// A scan that takes longer than most, and succeeds.
    ProcessLongScan,
    Promote,
    Sign,
    Validate,
    ListCertificates,
    LogIn,
    Follow,
    /// Hangs up while the service is working.
    HangUp,
    /// Sends a scan that exceeds the time limit of recognition: status 504.
    ScanTooMuch,
    ProcessNothing,
    WrongPassword,
    /// Logs in with a second factor.
    LogInWithFactor,
    WrongFactor,
    /// Sends one login more at once than the limit allows.
    LogInOften,
    NoSession,
    Malformed,
    ReadUnknown,
    Scan,
    /// This and the following actions are gRPC calls.
    CallValidate,
    CallValidateEach,
    CallSign,
    CallUpload,
    CallWatch,
    CallUnknown,
    CallWithoutSession,
}

/// The number of turns for each action, of about a hundred turns.
const MIX: &[(Action, u64)] = &[
    (Action::Read, 26),
    (Action::List, 16),
    (Action::Promote, 16),
    (Action::Store, 9),
    (Action::Process, 12),
    (Action::ProcessScan, 4),
    (Action::Sign, 4),
    (Action::Validate, 4),
    (Action::ListCertificates, 2),
    (Action::Follow, 1),
    (Action::Malformed, 1),
    (Action::ReadUnknown, 2),
    (Action::Scan, 2),
    (Action::CallValidate, 8),
    (Action::CallValidateEach, 2),
    (Action::CallSign, 4),
    (Action::CallUpload, 2),
    (Action::CallWatch, 1),
    (Action::CallUnknown, 1),
    (Action::CallWithoutSession, 1),
];

/// Rare actions, which fail, are slow or need much work, and the number of turns from one to the next. They appear on
/// dashboards but stay below the limits of the bundled alerts. An alert fires in the demo only after fault injection:
/// see `fault.rs`.
const RARE: &[(Action, u64)] = &[
    (Action::LogInOften, 7_200),
    (Action::ScanTooMuch, 3_600),
    (Action::WrongFactor, 3_600),
    (Action::LogInWithFactor, 2_400),
    (Action::WrongPassword, 1_800),
    (Action::NoSession, 1_800),
    (Action::ProcessNothing, 600),
    (Action::LogIn, 400),
    (Action::HangUp, 300),
    (Action::ProcessLongScan, 300),
];

/// The subjects of documents.
const SUBJECTS: [&str; 5] = ["storage", "transport", "insurance", "warranty", "catering"];

/// Words that some queries use instead of a subject: two that only begin like a subject, and one that no document has.
const OTHER_QUESTIONS: [&str; 3] = ["insured", "transfers", "zoology"];

/// One of this many queries uses one of [`OTHER_QUESTIONS`].
const OTHER_EVERY: u64 = 8;

/// Paths that scanners try on every server.
const STRANGE_PATHS: [&str; 4] = ["/wp-login.php", "/.env", "/admin", "/api/v9/users"];

/// Returns the account of a turn. The first account gets more turns.
pub(super) fn tenant(turn: u64) -> usize {
    usize::from(scatter(turn, 1).is_multiple_of(3))
}

/// Returns whether this turn belongs to the account with a second factor.
pub(super) fn is_careful(turn: u64) -> bool {
    matches!(action(turn), Action::LogInWithFactor | Action::WrongFactor)
}

/// Runs the action of this turn.
pub(super) async fn take_turn(client: &Client, turn: u64) -> Result<()> {
    let subject = SUBJECTS[scatter_to(turn, SUBJECTS.len())];
    let some = client.some_document(scatter(turn, 2));
    let from = scatter(turn, 5);
    match action(turn) {
        Action::List => get(client, "/documents").await?,
        Action::Read => get(client, &format!("/documents/{}", client.document_in_hand(scatter(turn, 2)))).await?,
        Action::Store => _ = client.store(&letter(turn, subject)).await?,
        Action::Process => process(client, &letter(turn, subject)).await?,
        Action::ProcessScan => process(client, &scan(&format!("{subject} ").repeat(3))).await?,
        Action::ProcessLongScan => process(client, &scan(&format!("{subject} ").repeat(25))).await?,
        Action::Promote => {
            let question = json!({ "about": [question(turn)], "limit": 3 });
            finish(client.request(Method::POST, "/promote").json(&question).send_measured().await?).await?;
        }
        Action::Sign => {
            let path = format!("/certificates/{}/sign", client.certificate().await?);
            finish(client.request(Method::POST, &path).json(&json!({ "document": some })).send_measured().await?)
                .await?;
        }
        Action::Validate => {
            let path = format!("/certificates/{}/validate", client.certificate().await?);
            finish(client.request(Method::POST, &path).send_measured().await?).await?;
        }
        Action::ListCertificates => get(client, "/certificates").await?,
        Action::LogIn | Action::LogInWithFactor => client.log_in(from).await?,
        Action::Follow => follow(client).await?,
        Action::HangUp => {
            let id = client.store(&scan(&format!("{subject} ").repeat(40))).await?;
            let answer = client.request(Method::POST, &format!("/documents/{id}/process")).send_measured();
            // The timeout is intended.
            let _ = timeout(IMPATIENCE, answer).await;
        }
        Action::ScanTooMuch => process(client, &scan(&format!("{subject} ").repeat(150))).await?,
        Action::ProcessNothing => process(client, &scan("…")).await?,
        Action::WrongPassword => finish(client.log_in_with("letmein", from).await?).await?,
        Action::WrongFactor => finish(client.log_in_without_factor(from).await?).await?,
        Action::LogInOften => client.log_in_often(AT_ONCE + TURNED_AWAY, from).await?,
        Action::NoSession => finish(client.anonymous(Method::GET, "/documents").send_measured().await?).await?,
        Action::Malformed => {
            let request = client.request(Method::POST, "/documents").json(&json!({ "title": "no kind" }));
            finish(request.send_measured().await?).await?;
        }
        Action::ReadUnknown => get(client, "/documents/0").await?,
        Action::Scan => {
            let path = STRANGE_PATHS[scatter_to(turn, STRANGE_PATHS.len())];
            finish(client.anonymous(Method::GET, path).send_measured().await?).await?;
        }
        call => take_call(client, call, turn).await?,
    }
    Ok(())
}

/// Runs the gRPC call of this turn. The demo includes calls that fail.
async fn take_call(client: &Client, call: Action, turn: u64) -> Result<()> {
    let (caller, token) = client.caller();
    let some = client.some_document(scatter(turn, 2));
    let failed = |status: Status| tracing::debug!(%status, "a call of the demo failed");
    match call {
        Action::CallValidate => _ = caller.validate(&token, client.certificate().await?).await.map_err(failed),
        Action::CallValidateEach => {
            let times = 2 + scatter_to(turn, 30);
            _ = caller.validate_each(&token, client.certificate().await?, times).await.map_err(failed);
        }
        Action::CallSign => _ = caller.sign(&token, client.certificate().await?, some).await.map_err(failed),
        Action::CallUpload => {
            let titles = SUBJECTS.map(|subject| format!("{subject} {turn}")).to_vec();
            client.delete(caller.upload(&token, titles).await.map_err(failed).unwrap_or_default()).await?;
        }
        Action::CallWatch => _ = caller.watch(&token).await.map_err(failed),
        // No certificate has this number, and no session has this token.
        Action::CallUnknown => _ = caller.validate(&token, 0).await.map_err(failed),
        _ => _ = caller.validate("nobody's", 0).await.map_err(failed),
    }
    Ok(())
}

fn action(turn: u64) -> Action {
    // Each rare action has its own turn, early enough that all of them run within the first half minute.
    let due = |at: usize, every: u64| turn % every == every / 10 + 7 * at as u64;
    if let Some((_, (action, _))) = RARE.iter().enumerate().find(|(at, (_, every))| due(*at, *every)) {
        return *action;
    }
    let all: u64 = MIX.iter().map(|(_, weight)| weight).sum();
    let mut left = scatter(turn, 3) % all;
    for (action, weight) in MIX {
        if left < *weight {
            return *action;
        }
        left -= weight;
    }
    Action::List
}

async fn get(client: &Client, path: &str) -> Result<()> {
    finish(client.request(Method::GET, path).send_measured().await?).await
}

async fn process(client: &Client, document: &Value) -> Result<()> {
    let id = client.store(document).await?;
    finish(client.request(Method::POST, &format!("/documents/{id}/process")).send_measured().await?).await
}

async fn follow(client: &Client) -> Result<()> {
    let events = client.request(Method::GET, "/documents/events").timeout(FOLLOWS * 2).send_measured().await?;
    sleep(FOLLOWS).await;
    drop(events);
    Ok(())
}

/// Reads an answer to its end, as a normal client does.
async fn finish(answer: Response) -> Result<()> {
    answer.bytes().await.map(drop)
}

fn question(turn: u64) -> &'static str {
    if scatter(turn, 6).is_multiple_of(OTHER_EVERY) {
        OTHER_QUESTIONS[scatter_to(turn, OTHER_QUESTIONS.len())]
    } else {
        SUBJECTS[scatter_to(turn, SUBJECTS.len())]
    }
}

fn letter(turn: u64, subject: &str) -> Value {
    let kind = ["contract", "invoice", "report"][scatter_to(turn, 3)];
    let body = format!("About {subject}: {subject} for the coming year. ").repeat(1 + scatter_to(turn, 40));
    json!({ "kind": kind, "title": format!("{subject} {turn}"), "body": body })
}

fn scan(body: &str) -> Value {
    json!({ "kind": "scan", "title": "from the scanner", "body": body })
}

/// Hashes a turn evenly, and in the same way in each run, so that two runs can be compared (`SplitMix64`'s finalizer).
fn scatter(turn: u64, stream: u64) -> u64 {
    let mut mixed = turn.wrapping_add(stream << 32).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn scatter_to(turn: u64, length: usize) -> usize {
    usize::try_from(scatter(turn, 4) % length as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::RATE;
    use super::super::client::ADDRESSES;
    use super::*;

    /// Ten minutes, and the first of these minutes, in seconds.
    const WINDOWS: [u64; 2] = [600, 60];

    fn count(turns: u64, actions: &[Action]) -> f64 {
        (0..turns).filter(|turn| actions.contains(&action(*turn))).count() as f64
    }

    #[test]
    fn what_goes_wrong_stays_below_the_thresholds_of_the_alerts() {
        for seconds in WINDOWS {
            let turns = seconds * u64::from(RATE);
            let (failing, slow) = ([Action::ScanTooMuch], [Action::ScanTooMuch, Action::ProcessLongScan]);
            let (given_up, recognized) = ([Action::HangUp], [Action::ProcessScan, Action::ProcessLongScan]);
            let processed = [Action::Process, Action::ProcessScan, Action::ProcessLongScan, Action::ProcessNothing];
            let processed = count(turns, &processed) + count(turns, &failing) + count(turns, &given_up);
            let unauthorized = count(turns, &[Action::NoSession, Action::WrongPassword, Action::WrongFactor]);
            // The limits of `MmeHttpErrorRateHigh`, `MmeHttpRequestsCancelled`, `MmeHttpLatencyHigh`,
            // `MmeFunctionErrorRateHigh` and `MmeAuthFailuresHigh`, in this order, with a margin.
            assert!(count(turns, &failing) / processed < 0.005 * 0.8, "{seconds} s");
            assert!(count(turns, &given_up) / processed < 0.1 * 0.5, "{seconds} s");
            assert!(count(turns, &slow) / processed < 0.05 * 0.8, "{seconds} s");
            assert!(count(turns, &failing) / count(turns, &recognized) < 0.05 * 0.5, "{seconds} s");
            assert!(unauthorized / (seconds as f64) < 0.1 * 0.6, "{seconds} s");
        }
    }

    #[test]
    fn what_is_turned_away_stays_below_the_thresholds_of_the_alerts() {
        for seconds in WINDOWS {
            let turns = seconds * u64::from(RATE);
            let crowds = count(turns, &[Action::LogInOften]);
            let others = [Action::LogIn, Action::LogInWithFactor, Action::WrongPassword, Action::WrongFactor];
            let logins = crowds * (AT_ONCE + TURNED_AWAY) as f64 + count(turns, &others);
            // The limits of `MmeRateLimitingExcessive` and `MmeJwtValidationFailures`. At most every fifth action needs
            // no token.
            assert!(crowds * TURNED_AWAY as f64 / logins < 0.1 * 0.8, "{seconds} s");
            assert!(count(turns, &[Action::CallWithoutSession]) / (turns as f64 * 0.8) < 0.05 * 0.5, "{seconds} s");
        }
    }

    #[test]
    fn most_questions_have_a_direct_answer() {
        let asked: Vec<_> =
            (0..3_600 * u64::from(RATE)).filter(|turn| action(*turn) == Action::Promote).map(question).collect();
        let others = asked.iter().filter(|asked| OTHER_QUESTIONS.contains(asked)).count();
        // The limit of `MmeTierFallbackHigh`, with a margin. Each of the other words is queried.
        assert!((others as f64) < asked.len() as f64 * 0.2 * 0.8, "{others} of {}", asked.len());
        assert!(OTHER_QUESTIONS.iter().all(|question| asked.contains(question)), "{others}");
    }

    #[test]
    fn no_address_of_the_demo_fails_as_often_as_an_attacker() {
        let mut failures = [0_u64; ADDRESSES.len()];
        // An hour, plus the time that the window of the alert may reach back.
        for turn in 0..65 * 60 * u64::from(RATE) {
            if matches!(action(turn), Action::WrongPassword | Action::WrongFactor) {
                failures[usize::try_from(scatter(turn, 5) % failures.len() as u64).expect("it is below 12")] += 1;
            }
        }
        // The limits of `MmeAuthBruteForce`, which is 50, and of `MmeAuthSourceFailures`: 10 within a minute.
        let most = failures.iter().max().copied().unwrap_or_default();
        assert!((1..25).contains(&most), "{failures:?}");
        let a_minute = count(60 * u64::from(RATE), &[Action::WrongPassword, Action::WrongFactor]);
        // The limits of `MmeAuthSourceBucketHigh` and `MmeFailedLoginsHigh`.
        assert!(a_minute < 10.0 * 0.5, "{a_minute}");
    }

    #[test]
    fn everything_happens_within_half_a_minute() {
        let turns = 30 * u64::from(RATE);
        for (action, _) in MIX.iter().chain(RARE) {
            assert!(count(turns, &[*action]) > 0.0, "{action:?}");
        }
    }
}
