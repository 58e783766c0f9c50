//! The metrics of this family.

use super::label::{AllocatorName, PressureResource};
use crate::metric::{Counter, FractionalCounter, Gauge, Unit, family};

family! {
    /// Memory: what the allocator holds, and what the container may use.
    pub static MEMORY: MemoryMetrics {
        /// Bytes that the program has allocated.
        allocated: Gauge<(AllocatorName,)> = Gauge::new("allocator_allocated_bytes", Unit::Bytes);
        /// Bytes in pages that hold an allocation.
        active: Gauge<(AllocatorName,)> = Gauge::new("allocator_active_bytes", Unit::Bytes);
        /// Bytes in physical pages that the allocator holds.
        resident: Gauge<(AllocatorName,)> = Gauge::new("allocator_resident_bytes", Unit::Bytes);
        /// Bytes of address space that the allocator keeps for later, without memory behind it.
        retained: Gauge<(AllocatorName,)> = Gauge::new("allocator_retained_bytes", Unit::Bytes);
        /// Memory that the container may use.
        limit: Gauge<()> = Gauge::new("cgroup_memory_limit_bytes", Unit::Bytes);
        /// Memory that the container uses, with caches that the kernel can take back.
        usage: Gauge<()> = Gauge::new("cgroup_memory_usage_bytes", Unit::Bytes);
        /// Memory that the container uses, without caches of files that were not read recently.
        working_set: Gauge<()> = Gauge::new("cgroup_memory_working_set_bytes", Unit::Bytes);
        /// Cores that the container may use, as its quota says.
        cpu_limit: Gauge<()> = Gauge::new("cgroup_cpu_limit_cores", Unit::None);
        /// Processes of the container that the kernel killed because memory ran out.
        oom_kills: Counter<()> = Counter::new("cgroup_oom_kills_total", Unit::None);
        /// Time that at least one task of the container waited for a resource.
        pressure: FractionalCounter<(PressureResource,)> =
            FractionalCounter::new("cgroup_pressure_waiting_seconds_total", Unit::Seconds);
    }
    collect = super::collect;
}
