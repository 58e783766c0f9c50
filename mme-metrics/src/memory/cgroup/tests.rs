use std::fs;
use std::path::PathBuf;

use super::group::GroupMemory;
use super::*;
use crate::testing::record;

/// A folder of control groups that is removed with the value.
struct Groups {
    root: PathBuf,
}

impl Groups {
    fn new(name: &str, own: &str) -> Self {
        let root = std::env::temp_dir().join(format!("mme-cgroup-{}-{name}", std::process::id()));
        fs::create_dir_all(root.join("cgroup")).unwrap();
        let groups = Self { root };
        groups.write("cgroup.controllers", "cpu io memory\n");
        fs::write(groups.root.join("own"), own).unwrap();
        groups
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join("cgroup").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes what a container with a limit of 1 GiB and one and a half cores has.
    fn write_container(&self, folder: &str) {
        for (name, text) in [
            ("memory.max", "1073741824\n"),
            ("memory.current", "800000000\n"),
            (
                "memory.stat",
                "anon 500000000\nfile 300000000\ninactive_anon 7\ninactive_file 200000000\nactive_file 1\n",
            ),
            ("memory.events", "low 0\nhigh 0\nmax 5\noom 3\noom_kill 2\noom_group_kill 0\n"),
            ("cpu.max", "150000 100000\n"),
            ("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n"),
            ("memory.pressure", PRESSURE),
            (
                "io.pressure",
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            ),
        ] {
            self.write(&format!("{folder}/{name}"), text);
        }
    }

    fn find(&self) -> Option<Group> {
        Group::find(&self.root.join("cgroup"), &self.root.join("own"))
    }

    fn group(&self) -> Group {
        self.find().unwrap()
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

const PRESSURE: &str =
    "some avg10=1.00 avg60=0.50 avg300=0.10 total=250000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n";

const CONTAINER: GroupMemory =
    GroupMemory { limit: Some(1_073_741_824), usage: Some(800_000_000), working_set: Some(600_000_000) };

const UNKNOWN: GroupMemory = GroupMemory { limit: None, usage: None, working_set: None };

#[test]
fn a_container_has_every_figure_and_nothing_else() {
    let groups = Groups::new("container", "0::/\n");
    groups.write_container(".");
    let emission = record(|| report(&groups.group()));
    let expected = emission.expect();
    let expected = expected
        .gauge(&MEMORY.limit, (), 1_073_741_824.0)
        .gauge(&MEMORY.usage, (), 800_000_000.0)
        .gauge(&MEMORY.working_set, (), 600_000_000.0)
        .gauge(&MEMORY.cpu_limit, (), 1.5)
        .counter(&MEMORY.oom_kills, (), 2);
    expected.among_others();
    let group = groups.group();
    assert_eq!(["cpu", "memory", "io"].map(|resource| group.pressure(resource)), [Some(1.5), Some(0.25), Some(0.0)]);
}

#[test]
fn version_one_has_nothing() {
    let groups = Groups::new("one", "4:memory:/docker/x\n0::/\n");
    groups.write_container(".");
    fs::remove_file(groups.root.join("cgroup/cgroup.controllers")).unwrap();
    assert!(groups.find().is_none());
    // Nor has a machine without control groups.
    assert!(Group::find(&groups.root.join("none"), &groups.root.join("own")).is_none());
}

#[test]
fn a_group_without_a_limit_is_limited_by_the_nearest_above_it() {
    let groups = Groups::new("above", "0::/system.slice/api.service/worker\n");
    groups.write_container("system.slice/api.service");
    groups.write("system.slice/memory.max", "5000000000\n");
    groups.write("system.slice/cpu.max", "100000 100000\n");
    groups.write("system.slice/api.service/worker/memory.max", "max\n");
    groups.write("system.slice/api.service/worker/memory.current", "1000\n");
    groups.write("system.slice/api.service/worker/cpu.max", "max 100000\n");
    groups.write("system.slice/api.service/worker/memory.events", "oom 9\noom_kill 7\n");
    let group = groups.group();
    assert_eq!(group.memory(), CONTAINER);
    assert_eq!(group.cpu_limit(), Some(1.0));
    assert_eq!(group.oom_kills(), Some(7));
}

#[test]
fn without_any_limit_there_are_only_usage_and_working_set() {
    let groups = Groups::new("unlimited", "0::/\n");
    groups.write_container(".");
    groups.write("memory.max", "max\n");
    groups.write("cpu.max", "max 100000\n");
    assert_eq!(groups.group().memory(), GroupMemory { limit: None, ..CONTAINER });
    assert_eq!(groups.group().cpu_limit(), None);
}

#[test]
fn a_group_outside_of_what_is_shown_is_the_root_and_no_other_file_is_read() {
    for own in ["0::/../../secret\n", "0::/../..\n", "", "garbage", "0::/cut off", "1:name=systemd:/x\n"] {
        let groups = Groups::new("outside", own);
        groups.write_container(".");
        assert_eq!(groups.group().memory(), CONTAINER, "{own:?}");
    }
}

#[test]
fn files_that_are_missing_cut_off_or_hostile_are_not_known() {
    let long = "9".repeat(200_000);
    let hostile: [&[u8]; 14] = [
        b"",
        b"\n",
        b"\0\0\0\n",
        b"\xff\xfe\n",
        b"-1\n",
        b"1e9\n",
        b"NaN\n",
        b"1073741824",
        b"107 x\n",
        b"1\n2\n",
        b"18446744073709551616\n",
        b"some total=\n",
        b"inactive_file\noom_kill \n",
        long.as_bytes(),
    ];
    for text in hostile {
        let groups = Groups::new("hostile", "0::/\n");
        for name in [
            "memory.max",
            "memory.current",
            "memory.stat",
            "memory.events",
            "cpu.max",
            "cpu.pressure",
            "memory.pressure",
            "io.pressure",
        ] {
            groups.write(name, text);
        }
        let group = groups.group();
        assert_eq!(group.memory(), UNKNOWN, "{text:?}");
        assert_eq!((group.cpu_limit(), group.oom_kills()), (None, None), "{text:?}");
        assert_eq!(["cpu", "memory", "io"].map(|resource| group.pressure(resource)), [None; 3], "{text:?}");
    }
}

#[test]
fn every_file_cut_off_anywhere_gives_what_it_says_or_nothing() {
    let groups = Groups::new("cut", "0::/\n");
    groups.write_container(".");
    for name in ["memory.max", "memory.current", "memory.stat", "memory.events", "cpu.max", "memory.pressure"] {
        let whole = fs::read(groups.root.join("cgroup").join(name)).unwrap();
        for length in 0..whole.len() {
            groups.write(name, &whole[..length]);
            let (group, memory) = (groups.group(), groups.group().memory());
            for (found, expected) in [
                (memory.limit, CONTAINER.limit),
                (memory.usage, CONTAINER.usage),
                (memory.working_set, CONTAINER.working_set),
                (group.oom_kills(), Some(2)),
                (group.cpu_limit().map(f64::to_bits), Some(1.5_f64.to_bits())),
                (group.pressure("memory").map(f64::to_bits), Some(0.25_f64.to_bits())),
            ] {
                assert!(found.is_none() || found == expected, "{name} of {length} bytes: {found:?}");
            }
        }
        groups.write(name, &whole);
    }
}

#[test]
fn a_quota_of_nothing_or_of_no_time_is_no_limit() {
    let groups = Groups::new("quota", "0::/\n");
    for text in ["0 100000\n", "100000 0\n", "100000\n", "100000 100000 1\n"] {
        groups.write("cpu.max", text);
        assert_eq!(groups.group().cpu_limit(), None, "{text:?}");
    }
}

#[test]
fn caches_beyond_the_usage_leave_no_working_set() {
    let groups = Groups::new("caches", "0::/\n");
    groups.write("memory.current", "5\n");
    groups.write("memory.stat", "inactive_file 7\n");
    assert_eq!(groups.group().memory().working_set, Some(0));
}

#[cfg(unix)]
#[test]
fn a_folder_or_a_pipe_in_place_of_a_file_is_not_read() {
    let groups = Groups::new("pipe", "0::/\n");
    fs::create_dir(groups.root.join("cgroup/memory.max")).unwrap();
    let pipe = groups.root.join("cgroup/memory.current");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(groups.group().memory(), UNKNOWN);
}

#[test]
fn a_limit_that_is_taken_away_leaves_the_exposition() {
    let groups = Groups::new("taken", "0::/\n");
    groups.write_container(".");
    let recorder = crate::Recorder::builder().process_metrics(false).build().unwrap();
    let has_limit = || {
        metrics::with_local_recorder(&recorder, || report(&groups.group()));
        recorder.render(crate::Format::Text).contains("\ncgroup_memory_limit_bytes ")
    };
    assert!(has_limit());
    groups.write("memory.max", "max\n");
    assert!(!has_limit());
}
