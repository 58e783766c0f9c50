use super::*;
use crate::process::MME;
use crate::recorder::{Format, Recorder};

/// Returns the recorder as a child of `fork` sees it.
fn forked(mut recorder: Recorder) -> Recorder {
    let collectors = recorder.1.as_mut().and_then(Arc::get_mut).unwrap();
    collectors.process = 0;
    recorder
}

#[test]
fn a_recorder_without_collectors_has_nothing_of_them() {
    let recorder = Recorder::builder().collect_deadline(Duration::from_secs(2)).build().unwrap();
    assert!(recorder.1.is_none());
    assert!(!recorder.render(Format::Text).contains(MME.collector_age.spec().name));
}

#[test]
fn a_child_of_fork_runs_collectors_itself_except_one_that_was_running() {
    let own = std::thread::current().id();
    let (sender, ran) = std::sync::mpsc::channel();
    let recorder = Recorder::builder().collect(move || sender.send(std::thread::current().id()).unwrap());
    let recorder = forked(recorder.build().unwrap());
    let _ = recorder.render(Format::Text);
    assert_eq!(ran.try_iter().collect::<Vec<_>>(), [own]);
    // As if it had been running at the time of the fork: it has been claimed, and no thread will ever end it.
    let (done, _ended) = sync_channel(1);
    let hung = Recorder::builder()
        .collect(|| {
            loop {
                std::thread::park();
            }
        })
        .build()
        .unwrap();
    let collectors = hung.1.as_ref().unwrap();
    assert!(matches!(collectors.workers[0].ask(&collectors.target, &done), RequestOutcome::Waiting));
    let _ = forked(hung).render(Format::Text);
}

#[test]
fn names_are_numbered_and_have_to_be_plain_and_different() {
    let declared = |names: &[Option<&str>]| -> CollectorList {
        names.iter().map(|name| (name.map(str::to_owned), Box::new(|| ()) as Callback)).collect()
    };
    assert_eq!(
        names(&declared(&[None, Some("queue"), None])),
        ["collector-1", "queue", "collector-2"].map(str::to_owned)
    );
    for name in ["", "_overflow", "a\nb", "a\u{200b}b", &"x".repeat(129)] {
        let refused = check_names(&declared(&[None, Some(name)]));
        assert_eq!(refused, Err(BuildError::Collector(name.to_owned())), "{name:?}");
    }
    for twice in [[Some("a"), Some("a")], [Some("collector-1"), None]] {
        assert!(check_names(&declared(&twice)).is_err(), "{twice:?}");
    }
    assert_eq!(check_names(&declared(&[None; COLLECTORS])), Ok(()));
    assert!(check_names(&declared(&[None; COLLECTORS + 1])).is_err());
}
