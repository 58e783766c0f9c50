//! The figures of jemalloc.

use tikv_jemalloc_ctl::{epoch, stats};

use super::allocator::{self, AllocatorFigures};

/// Reads jemalloc before each exposition; pass the result to [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
///
/// The service allocates with it by `tikv-jemallocator`; otherwise the figures are those of an allocator that does nothing. All four
/// are exported: the bytes that the program has allocated, those of the pages that hold an allocation, those in physical pages, and
/// the address space that is kept without memory behind it. They take about 100 µs for each exposition. Where jemalloc was built
/// without statistics, there are no figures.
///
/// ```standalone_crate
/// use mme_metrics::{Format, Recorder, memory};
///
/// #[global_allocator]
/// static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
///
/// # fn allocated(recorder: &Recorder) -> usize {
/// #     let text = recorder.render(Format::Text);
/// #     let value = |name: &str| -> usize {
/// #         let line = format!("allocator_{name}_bytes{{allocator=\"jemalloc\"}} ");
/// #         text.lines().find_map(|text| text.strip_prefix(&line)).unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
/// #     };
/// #     assert!(value("allocated") <= value("active") && value("active") <= value("resident"), "{text}");
/// #     value("retained");
/// #     value("allocated")
/// # }
/// let recorder = Recorder::builder().collect(memory::jemalloc()).build()?;
/// # let before = allocated(&recorder);
/// # let cache = vec![1_u8; 100 << 20];
/// # let with = allocated(&recorder);
/// # assert!((100 << 20..110 << 20).contains(&(with - before)), "{before} {with}");
/// # drop(cache);
/// # assert!(allocated(&recorder) < with - (90 << 20));
/// assert!(recorder.render(Format::Text).contains("\nallocator_allocated_bytes{allocator=\"jemalloc\"} "));
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
pub fn jemalloc() -> impl Fn() + Send + Sync + 'static {
    allocator::allocator("jemalloc", figures)
}

fn figures() -> Option<AllocatorFigures> {
    // The statistics are those of the last epoch.
    epoch::advance().ok()?;
    let figures = AllocatorFigures::new()
        .allocated(stats::allocated::read().ok()? as u64)
        .active(stats::active::read().ok()? as u64)
        .resident(stats::resident::read().ok()? as u64)
        .retained(stats::retained::read().ok()? as u64);
    Some(figures)
}
