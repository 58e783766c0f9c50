//! Mail goes over STARTTLS unless the operator turns it off, and only to a server with a trusted certificate.

use mme_metrics_tests::alertmanager::{BusinessHours, Deployment, StartTls};
use mme_metrics_tests::prometheus::patiently;

use crate::push::firing;

#[test]
fn mail_is_sent_over_starttls() {
    let deployment = Deployment::new(BusinessHours::Now);
    let server = StartTls::before(&deployment.mailbox);
    let alertmanager = deployment.start_with_tls(&server, server.certificate());
    alertmanager.send(&[firing("MmeServiceDown", &[("job", "shop")])]);
    let mail = deployment.mailbox.wait_for("platform@example.com", |_| true);
    assert!(mail.subject.contains("MmeServiceDown"), "{mail:?}");
}

#[test]
fn no_mail_and_no_password_goes_to_a_server_with_a_foreign_certificate() {
    let deployment = Deployment::new(BusinessHours::Now);
    let server = StartTls::before(&deployment.mailbox);
    let alertmanager = deployment.start_with_tls(&server, &server.foreign_certificate());
    alertmanager.send(&[firing("MmeServiceDown", &[("job", "shop")])]);
    let failed = || alertmanager.metric("alertmanager_notification_requests_failed_total");
    patiently(|| if failed() > 0.0 { Ok(()) } else { Err(failed()) })
        .unwrap_or_else(|failed| panic!("{failed}\n{}", alertmanager.said()));
    assert!(alertmanager.said().contains("x509: certificate signed by unknown authority"), "{}", alertmanager.said());
    assert_eq!(deployment.mailbox.to("platform@example.com"), []);
}
