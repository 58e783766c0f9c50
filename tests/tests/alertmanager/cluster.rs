//! A cluster of two Alertmanagers.

use mme_metrics_tests::alertmanager::{Alertmanager, BusinessHours, Deployment};
use mme_metrics_tests::prometheus::patiently;

use crate::push::firing;

/// Starts two, and waits until each knows the other: the one that notifies, and the one that waits for it.
fn pair(deployment: &Deployment) -> [Alertmanager; 2] {
    let configuration = deployment.configuration("alertmanager.yml");
    let first = Alertmanager::start_member(&configuration, None);
    let second = Alertmanager::start_member(&configuration, Some(&first));
    let positions = || [&first, &second].map(|member| member.metric("alertmanager_peer_position"));
    let members = || [&first, &second].map(|member| member.metric("alertmanager_cluster_members"));
    let look = || {
        let seen = (members(), positions());
        if seen.0 == [2.0, 2.0] && seen.1[0] != seen.1[1] { Ok(seen.1) } else { Err(seen) }
    };
    let [position, _] = patiently(look).unwrap_or_else(|seen| panic!("{seen:?}\n{}\n{}", first.said(), second.said()));
    if position == 0.0 { [first, second] } else { [second, first] }
}

#[test]
fn a_cluster_of_two_notifies_once_and_goes_on_with_one() {
    let deployment = Deployment::new(BusinessHours::Now);
    let [leader, follower] = pair(&deployment);
    let at = |job: &str| {
        let deliveries = deployment.inbox.at("/incidents").into_iter();
        deliveries.filter(|delivery| delivery.body["groupLabels"]["job"] == job).count()
    };
    let alert = firing("MmeServiceDown", &[("job", "shop")]);
    // Prometheus sends every alert to every Alertmanager.
    for member in [&leader, &follower] {
        member.send(std::slice::from_ref(&alert));
    }
    deployment.inbox.wait_for("/incidents", |body| body["groupLabels"]["job"] == "shop");
    // The follower waits as long for an alert that it alone knows, so it is done with the other one before.
    follower.send(&[firing("MmeServiceDown", &[("job", "bank")])]);
    deployment.inbox.wait_for("/incidents", |body| body["groupLabels"]["job"] == "bank");
    assert_eq!([at("shop"), at("bank")], [1, 1]);
    assert_eq!(
        deployment.mailbox.to("platform@example.com").iter().filter(|mail| mail.text.contains("job shop")).count(),
        1
    );

    drop(leader);
    follower.send(&[firing("MmeServiceDown", &[("job", "desk")])]);
    deployment.inbox.wait_for("/incidents", |body| body["groupLabels"]["job"] == "desk");
}
