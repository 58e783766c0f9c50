//! The labels of memory metrics.

use crate::label::labels;

/// Allocators that a program can tell apart.
const ALLOCATORS: usize = 4;

labels! {
    /// The name of an allocator.
    pub registered AllocatorName: "allocator", budget = ALLOCATORS, fallback = "_other";

    /// What tasks of the container waited for.
    pub closed PressureResource: "resource" {
        /// A processor.
        Cpu = "cpu",
        /// Memory that the kernel has to free or read back first.
        Memory = "memory",
        /// Disks and other block devices.
        Io = "io",
    }
}
