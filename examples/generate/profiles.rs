//! Completing the names of profiles, which only the person's own configuration knows: the scripts ask `kclogin profile list --names`.
//!
//! The generator writes what it knows from the definition. What stands there for a profile is replaced, in each shell's own words; that nothing is left
//! is for the tests of the scripts to see. A profile's name has no character that any shell would take for more than a letter.

/// What asks for the names. Where there is no configuration, or one that can't be read, nothing is offered and nothing is said.
const NAMES: &str = "$(kclogin profile list --names 2>/dev/null)";

/// Bash: after the option, and where a command takes a profile.
pub(super) fn in_bash(script: &str) -> String {
    let offer = format!("COMPREPLY=($(compgen -W \"{NAMES}\" -- \"${{cur}}\"))");
    let mut lines = Vec::new();
    let (mut is_option, mut is_command) = (false, false);
    for line in script.lines() {
        let word = line.trim();
        if is_option && word == "COMPREPLY=($(compgen -f \"${cur}\"))" {
            lines.push(line.replace(word, &offer));
        } else if is_command && word.starts_with("opts=\"") {
            lines.push(line.replacen("opts=\"", &format!("opts=\"{NAMES} "), 1));
        } else {
            lines.push(line.to_owned());
        }
        is_option = matches!(word, "--profile)" | "-p)");
        is_command = TAKING.iter().any(|name| word == format!("kclogin__subcmd__profile__subcmd__{})", name.replace('-', "__subcmd__")));
    }
    lines.join("\n") + "\n"
}

/// The commands of `kclogin profile` whose argument is a profile.
const TAKING: [&str; 4] = ["show", "use", "remove", "move-store"];

/// Zsh: a function of its own in place of any file.
pub(super) fn in_zsh(script: &str) -> String {
    let is_profile = |line: &str| line.starts_with("'-p+[") || line.starts_with("'--profile=[") || line.contains(":name -- The profile");
    let named = |line: &str| if is_profile(line) { line.replace(":_default'", ":_kclogin_profiles'") } else { line.to_owned() };
    let script: Vec<String> = script.lines().map(named).collect();
    let function = "(( $+functions[_kclogin_profiles] )) ||\n_kclogin_profiles() {\n    local -a names\n    names=(${(f)\"$(kclogin profile list --names 2>/dev/null)\"})\n    \
                    compadd -a names\n}\n\n";
    (script.join("\n") + "\n").replacen("if [ \"$funcstack[1]\"", &format!("{function}if [ \"$funcstack[1]\""), 1)
}

/// fish: a command substitution, which it runs when the names are asked for.
pub(super) fn in_fish(script: &str) -> String {
    let asked = "-f -a \"(kclogin profile list --names 2>/dev/null)\"";
    let named = |line: &str| if line.contains(" -l profile ") { format!("{line} {asked}") } else { line.to_owned() };
    let mut script: Vec<String> = script.lines().map(named).collect();
    let seen = format!("__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from {}", TAKING.join(" "));
    script.push(format!("complete -c kclogin -n \"{seen}\" {asked}"));
    script.join("\n") + "\n"
}
