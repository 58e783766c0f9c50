//! The figures of mimalloc.

use ::mimalloc::MiMalloc;
use serde::Deserialize;

use super::allocator::{self, AllocatorFigures};

/// Reads mimalloc before each exposition; pass the result to [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
///
/// The service allocates with it by the crate `mimalloc`; otherwise the figures are those of an allocator that does nothing. Two are
/// exported: as active, the bytes that it has made usable, and as retained, the address space that it has reserved beyond them. What
/// the program has allocated is counted by a debug build of mimalloc alone, and so is exported by it alone. mimalloc does not know
/// what is resident: see `process_resident_memory_bytes`. The figures take about 100 µs for each exposition.
///
/// The feature `v2` of the crate `mimalloc` swaps it for an older one that does not tell its figures to safe code: leave the feature
/// `mimalloc` of this crate off there, and pass what you know to [`memory::allocator`](crate::memory::allocator()).
///
/// ```standalone_crate
/// use mme_metrics::{Format, Recorder, memory};
///
/// #[global_allocator]
/// static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
///
/// # fn active(recorder: &Recorder) -> usize {
/// #     let text = recorder.render(Format::Text);
/// #     let value = |name: &str| -> usize {
/// #         let line = format!("allocator_{name}_bytes{{allocator=\"mimalloc\"}} ");
/// #         text.lines().find_map(|text| text.strip_prefix(&line)).unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
/// #     };
/// #     value("retained");
/// #     value("active")
/// # }
/// let recorder = Recorder::builder().collect(memory::mimalloc()).build()?;
/// # let before = active(&recorder);
/// # let cache = vec![1_u8; 100 << 20];
/// # let with = active(&recorder);
/// # assert!((100 << 20..140 << 20).contains(&(with - before)), "{before} {with}");
/// # drop(cache);
/// assert!(recorder.render(Format::Text).contains("\nallocator_active_bytes{allocator=\"mimalloc\"} "));
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
pub fn mimalloc() -> impl Fn() + Send + Sync + 'static {
    allocator::allocator("mimalloc", || figures(MiMalloc::stats_json().ok()?.to_bytes()))
}

/// The statistics of mimalloc, as far as they are used.
#[derive(Deserialize)]
struct Statistics {
    committed: Level,
    reserved: Level,
    malloc_normal: Level,
    malloc_huge: Level,
}

/// A number of bytes now and since the start. mimalloc may count below zero where one thread frees what another allocated.
#[derive(Clone, Copy, Deserialize)]
struct Level {
    current: i64,
    total: i64,
}

fn figures(json: &[u8]) -> Option<AllocatorFigures> {
    let statistics: Statistics = serde_json::from_slice(json).ok()?;
    let bytes = |number: i64| u64::try_from(number).unwrap_or_default();
    let Statistics { committed, reserved, malloc_normal, malloc_huge } = statistics;
    let figures = AllocatorFigures::new()
        .active(bytes(committed.current))
        .retained(bytes(reserved.current.saturating_sub(committed.current)));
    let is_counted = malloc_normal.total > 0 || malloc_huge.total > 0;
    Some(if is_counted {
        figures.allocated(bytes(malloc_normal.current.saturating_add(malloc_huge.current)))
    } else {
        figures
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(committed: i64, reserved: i64, normal: (i64, i64), huge: (i64, i64)) -> String {
        let level =
            |(total, current): (i64, i64)| format!("{{\"total\": {total}, \"peak\": 9, \"current\": {current}}}");
        format!(
            "{{\"stat_version\": 5, \"committed\": {}, \"reserved\": {}, \"malloc_normal\": {}, \"malloc_huge\": {}}}",
            level((1, committed)),
            level((1, reserved)),
            level(normal),
            level(huge),
        )
    }

    #[test]
    fn a_release_build_does_not_count_what_is_allocated() {
        let json = statistics(15, 40, (0, 0), (0, 0));
        assert_eq!(figures(json.as_bytes()), Some(AllocatorFigures::new().active(15).retained(25)));
        let json = statistics(15, 40, (90, 6), (7, 3));
        assert_eq!(figures(json.as_bytes()), Some(AllocatorFigures::new().active(15).retained(25).allocated(9)));
    }

    #[test]
    fn figures_below_zero_are_zero_and_foreign_text_is_no_figure() {
        let json = statistics(-5, -9, (90, i64::MIN), (7, -1));
        assert_eq!(figures(json.as_bytes()), Some(AllocatorFigures::new().active(0).retained(0).allocated(0)));
        for text in ["", "{}", "[]", "{\"committed\": 7}", "\u{0}"] {
            assert_eq!(figures(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_linked_mimalloc_is_understood() {
        let json = MiMalloc::stats_json().unwrap();
        assert!(figures(json.to_bytes()).is_some(), "{json:?}", json = json.to_str());
    }
}
