//! An unsafe function stays unsafe, inside and out.
#![deny(warnings)]

use mme_metrics::instrument_metrics;

#[instrument_metrics]
unsafe fn reads(value: *const u32) -> Result<u32, ()> {
    Ok(unsafe { *value })
}

#[instrument_metrics]
async unsafe fn waits(value: &u32) -> Result<u32, ()> {
    Ok(unsafe { reads(value) }?)
}

#[instrument_metrics]
unsafe extern "C" fn foreign(value: *const u32) -> u32 {
    unsafe { *value }
}

fn main() {
    let value = 7;
    assert_eq!(unsafe { reads(&value) }, Ok(7));
    assert_eq!(unsafe { foreign(&value) }, 7);
    drop(unsafe { waits(&value) });
}
