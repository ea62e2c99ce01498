//! Keycloak in a container, for a machine that has Docker but no Maven to fetch Keycloak with.
//! Owns Docker's command line; readiness and the record are the parent's.

use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::process;

/// The image, without its tag. Podman and others that want a registry in front take it from their own settings.
const IMAGE: &str = "keycloak/keycloak";

/// Whether its daemon answers: the program alone runs nothing.
pub(crate) fn works(docker: &Path) -> bool {
    process::output(Command::new(docker).arg("info")).is_ok_and(|output| output.status.success())
}

/// Starts a container whose Keycloak is published on a loopback port, and gives its name.
pub(crate) fn start(docker: &Path, port: u16, user: &str, password: &str) -> Outcome<String> {
    let name = format!("kclogin-keycloak-{port}");
    // The credentials go through the environment (`--env NAME` without a value): a command line can be read by every user of the machine.
    let mut command = Command::new(docker);
    command.args(arguments(&name, port)).env("KC_BOOTSTRAP_ADMIN_USERNAME", user).env("KC_BOOTSTRAP_ADMIN_PASSWORD", password);
    // In the foreground until the container is there: a first pull shows its own progress. What it prints goes where progress goes.
    let status = process::status(command.stdout(std::io::stderr()))?;
    if !status.success() {
        return Err(Failure::new(format!("docker ended with {status}"))
            .hint("see its message above; or install Maven and Java, or name a running Keycloak with KEYCLOAK_URL"));
    }
    Ok(name)
}

/// The command line after `docker`.
fn arguments(name: &str, port: u16) -> Vec<String> {
    let image = format!("{IMAGE}:{}", super::VERSION);
    // Published on the loopback address only: Docker's default is every interface of the machine.
    let publish = format!("127.0.0.1:{port}:8080");
    let fixed = ["run", "--detach", "--rm", "--name", name, "--publish", &publish];
    let environment = ["--env", "KC_BOOTSTRAP_ADMIN_USERNAME", "--env", "KC_BOOTSTRAP_ADMIN_PASSWORD"];
    // Its own address inside the container is 8080, but the issuer must be the address that the host's browser uses.
    let hostname = format!("--hostname=http://127.0.0.1:{port}");
    let keycloak = [&image, "start-dev", "--db=dev-mem", &hostname];
    fixed.iter().chain(&environment).chain(&keycloak).map(|part| (*part).to_owned()).collect()
}

/// Stops the container, which `--rm` then removes.
pub(crate) fn stop(name: &str) -> Outcome {
    let docker = process::find(&["docker"]).ok_or_else(|| Failure::new("docker is not on the search path any more"))?;
    let output = process::output(Command::new(docker).args(["stop", name]))?;
    let gone = String::from_utf8_lossy(&output.stderr).contains("No such container");
    if output.status.success() || gone { Ok(()) } else { Err(Failure::new(format!("docker stop {name} ended with {}", output.status))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_is_for_this_machine_only_and_its_secrets_are_not_on_the_command_line() {
        let line = arguments("kclogin-keycloak-4711", 4711).join(" ");
        assert_eq!(
            line,
            "run --detach --rm --name kclogin-keycloak-4711 --publish 127.0.0.1:4711:8080 \
             --env KC_BOOTSTRAP_ADMIN_USERNAME --env KC_BOOTSTRAP_ADMIN_PASSWORD \
             keycloak/keycloak:26.7.3 start-dev --db=dev-mem --hostname=http://127.0.0.1:4711"
        );
    }
}
