use mme_metrics::{Counter, Unit, metric::family};

family! {
    /// What the desk does.
    static DESK: DeskMetrics {
        documents: Counter<()> = Counter::new("desk_documents_total", Unit::None);
    }
}

fn main() {}
