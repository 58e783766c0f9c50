//! A stack of containers, with a program in place of Docker that notes what it is told.

use std::fs;

use super::Stack;

/// Notes its arguments, and knows compose.
const DOCKER: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$(dirname \"$0\")/calls\"\n";

/// Docker without its plug-in for compose.
const WITHOUT: &str = "#!/bin/sh\nexit 1\n";

fn stack(scripts: &[(&str, &str)]) -> Stack {
    Stack::with_scripts(scripts, &["/usr/bin", "/bin"])
}

/// Returns the calls so far, and forgets them.
fn calls(stack: &Stack) -> Vec<String> {
    let path = stack.directory.path().join("bin/calls");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn each_command_goes_to_compose() {
    let stack = stack(&[("docker", DOCKER)]);
    let up = stack.succeeds(&["up"]);
    assert_eq!(calls(&stack), ["docker compose version", "docker compose up --detach"]);
    assert!(up.out.contains("Prometheus         http://127.0.0.1:9090\n"), "{up:?}");
    let password = fs::read_to_string(stack.root().join("assets/deploy/compose/secrets/grafana_password.txt"));
    assert!(!up.out.contains(&password.expect("the first start makes it")), "{up:?}");
    for (arguments, call) in [
        (&["status"][..], "docker compose ps"),
        (&["logs"], "docker compose logs"),
        (&["logs", "grafana", "--follow"], "docker compose logs --follow grafana"),
        (&["restart"], "docker compose up --detach --force-recreate"),
    ] {
        stack.succeeds(arguments);
        assert_eq!(calls(&stack), [call], "{arguments:?}");
    }
    assert!(stack.succeeds(&["endpoints"]).out.starts_with("Grafana            http://127.0.0.1:3001"));
    // The targets are for the user to change, and stay.
    let targets = stack.root().join("assets/deploy/compose/targets/services.yml");
    fs::write(&targets, "[]\n").expect("it is ours");
    stack.succeeds(&["up"]);
    assert_eq!(fs::read_to_string(targets).expect("it is there"), "[]\n");
    let native = stack.run(&["up", "--native"]);
    assert!(native.code == Some(2) && native.err.contains("has a compose stack: stop it"), "{native:?}");
    calls(&stack);
    stack.succeeds(&["down"]);
    assert_eq!(calls(&stack), ["docker compose down"]);
    assert_eq!(stack.run(&["status"]).code, Some(1));
}

#[test]
fn podman_takes_the_place_of_docker() {
    let podman = stack(&[("docker", WITHOUT), ("podman", DOCKER)]);
    podman.succeeds(&["up"]);
    assert_eq!(calls(&podman).last().map(String::as_str), Some("podman compose up --detach"));
    let script = stack(&[("docker", WITHOUT), ("podman", WITHOUT), ("podman-compose", DOCKER)]);
    script.succeeds(&["up"]);
    assert_eq!(calls(&script).last().map(String::as_str), Some("podman-compose up --detach"));
}

#[test]
fn without_any_of_them_both_are_named_and_nothing_is_made() {
    let stack = stack(&[("docker", WITHOUT), ("podman", WITHOUT), ("podman-compose", WITHOUT)]);
    let ran = stack.run(&["up"]);
    let said = "neither `docker compose` nor `podman compose` is there";
    assert!(ran.code == Some(2) && ran.err.contains(said) && ran.err.contains("stack up --native"), "{ran:?}");
    assert!(!stack.root().exists());
}

#[test]
fn a_failure_of_compose_is_one_of_the_command() {
    let failing = "#!/bin/sh\ncase \"$*\" in *version*) exit 0 ;; esac\necho 'no daemon' >&2\nexit 1\n";
    let stack = stack(&[("docker", failing)]);
    let ran = stack.run(&["up"]);
    assert!(ran.code == Some(2) && ran.err.contains("no daemon\n"), "{ran:?}");
    assert!(ran.err.contains("mme-metrics: `docker compose` failed (exit status: 1)"), "{ran:?}");
}
