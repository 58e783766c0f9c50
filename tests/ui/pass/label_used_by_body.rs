use mme_metrics::instrument_metrics;
use mme_metrics::LabelValue;

#[derive(Clone, LabelValue)]
#[label(key = "client")]
enum Client {
    Acme,
}

#[instrument_metrics(labels(client))]
fn serve(client: Client) -> Client {
    client
}

fn main() {
    let _ = serve(Client::Acme);
}
