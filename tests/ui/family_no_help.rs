use mme_metrics::{Counter, Unit, metric::family};

family! {
    static DESK: DeskMetrics {
        /// Documents that left the desk.
        documents: Counter<()> = Counter::new("desk_documents_total", Unit::None);
    }
}

fn main() {}
