//! Decides which servers run, and refuses what cannot work before anything is started.

use std::env;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::launcher::THIS_PROGRAM;
use crate::stack::options::NativeOptions;
use crate::stack::progress::{Mark, step};
use crate::stack::server::{Server, ServerKind};

/// Returns the servers, in the order in which they start. Exporters that are not installed are left out.
pub(super) fn servers(options: &NativeOptions) -> Result<Vec<Server>, String> {
    let mut servers: Vec<Server> = Vec::new();
    for kind in ServerKind::ALL.into_iter().filter(|kind| is_wanted(*kind, options)) {
        let port = port(kind, options);
        let Some(program) = program(kind) else {
            if is_optional(kind, options) {
                step(Mark::Open, kind.name(), &format!("left out: {}", missing(kind)));
                continue;
            }
            return Err(missing(kind));
        };
        if let Some(other) = servers.iter().find(|other| other.port == port) {
            let (one, two) = (other.kind.port_option(), kind.port_option());
            return Err(format!("{one} and {two} are both {port}: choose two ports"));
        }
        servers.push(Server { kind, program, port });
    }
    Ok(servers)
}

fn is_wanted(kind: ServerKind, options: &NativeOptions) -> bool {
    kind != ServerKind::Pager || options.alertmanager_config.is_none()
}

fn is_optional(kind: ServerKind, options: &NativeOptions) -> bool {
    kind == ServerKind::Node || kind == ServerKind::Blackbox && options.probe.is_empty()
}

fn port(kind: ServerKind, options: &NativeOptions) -> u16 {
    match kind {
        ServerKind::Pager => options.pager_port,
        ServerKind::Alertmanager => options.alertmanager_port,
        ServerKind::Prometheus => options.prometheus_port,
        ServerKind::Node => options.node_port,
        ServerKind::Blackbox => options.blackbox_port,
    }
}

fn missing(kind: ServerKind) -> String {
    let package = kind.package();
    format!(
        "`{}` is not on the path: install it, on Debian by `apt-get install --no-install-recommends {package}`",
        kind.programs().join("` or `")
    )
}

/// Returns the program of a server, if it is on the path.
fn program(kind: ServerKind) -> Option<PathBuf> {
    if kind == ServerKind::Pager {
        return Some(THIS_PROGRAM.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let programs = folders.iter().flat_map(|folder| kind.programs().iter().map(|name| folder.join(name)));
    let is_program = |program: &PathBuf| {
        program.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    programs.into_iter().find(is_program)
}

/// Refuses a port that another program has.
pub(super) fn check_port(server: &Server) -> Result<(), String> {
    let (port, option) = (server.port, server.kind.port_option());
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let package = server.kind.package();
            let debian = match package {
                "" => String::new(),
                _ => format!(
                    "; if that is the service of Debian's package, `sudo systemctl disable --now {package}` stops it"
                ),
            };
            Err(format!("port {port} for {} is in use: choose another by {option}{debian}", server.name()))
        }
        Err(error) => Err(format!("cannot use port {port} for {}: {error}; choose another by {option}", server.name())),
    }
}
