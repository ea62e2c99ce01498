//! The schemas in `docs/schemas/`, and the one place that holds what kclogin prints against them: whatever runs kclogin in a test asks here, in process or
//! as a program. Which call prints which of the objects is written down here too; what the schemas themselves must be is left to `json.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use clap::Parser;
use kclogin::cli::{Cli, Command, DockerCredential, Lazy, TokenFormat, set_curl_s_apart};
use serde_json::Value;

/// The schemas, by their files' names without `.json`.
#[derive(Default)]
struct Compiled {
    schemas: Schemas,
    index: BTreeMap<String, SchemaIndex>,
}

/// Where the schemas are.
pub(crate) fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join("schemas")
}

/// Every schema in the tree, as it is written there.
pub(crate) fn in_the_tree() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(dir()).expect("a directory").map(|entry| entry.expect("an entry").path());
    let schemas = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("text");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    schemas.map(read).collect()
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let (mut compiler, mut compiled) = (Compiler::new(), Compiled::default());
        compiler.enable_format_assertions();
        for (name, schema) in in_the_tree() {
            let address = format!("file:///docs/schemas/{name}.json");
            compiler.add_resource(&address, schema).expect("an address");
            let index = compiler.compile(&address, &mut compiled.schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
            compiled.index.insert(name, index);
        }
        compiled
    })
}

/// Holds a document against a schema.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn validate(schema: &str, document: &Value) -> Result<(), String> {
    let Compiled { schemas, index } = compiled();
    let index = index.get(schema).unwrap_or_else(|| panic!("there is no schema called `{schema}`"));
    schemas.validate(document, *index).map_err(|error| error.to_string())
}

/// The schema of what a call prints on stdout; nothing where that is text.
pub(crate) fn of(command: &Command) -> Option<&'static str> {
    match command {
        Command::Whoami { json: true } => Some("whoami"),
        Command::Status { json: true } => Some("status"),
        Command::Doctor(Lazy(options)) if options.json => Some("doctor"),
        Command::Decode(Lazy(options)) if options.json => Some("decode"),
        Command::Introspect(Lazy(options)) if options.json => Some("introspect"),
        Command::Token(Lazy(options)) => match options.format {
            TokenFormat::Json => Some("token"),
            TokenFormat::ExecCredential => Some("exec-credential"),
            TokenFormat::Raw | TokenFormat::Header | TokenFormat::Env => None,
        },
        Command::Kubectl(Lazy(options)) if options.action.is_none() => Some("exec-credential"),
        Command::DockerCredential { action: Lazy(action) } => match action {
            DockerCredential::Get => Some("docker-credential-get"),
            DockerCredential::List => Some("docker-credential-list"),
            DockerCredential::Setup { .. } => Some("docker-credential-setup"),
            DockerCredential::Store | DockerCredential::Erase | DockerCredential::Version => None,
        },
        _ => None,
    }
}

/// The command of a call, by the command line's own definition; nothing where it is a wrong call, or one for help.
pub(crate) fn command(arguments: &[&str]) -> Option<Command> {
    let arguments = std::iter::once("kclogin").chain(arguments.iter().copied()).map(Into::into).collect();
    Cli::try_parse_from(set_curl_s_apart(arguments)).ok().map(|cli| cli.command)
}

/// Holds what a call has printed on stdout against the schema for it. An object for which there is none fails the test, too.
#[track_caller]
pub(crate) fn check(arguments: &[&str], succeeded: bool, stdout: &str) {
    let command = command(arguments);
    // What these print is another program's.
    if matches!(command, Some(Command::Exec(_) | Command::Curl(_))) {
        return;
    }
    let is_object = stdout.starts_with(['{', '[']);
    match command.as_ref().and_then(of) {
        Some(schema) if succeeded || is_object => {
            let document = serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{arguments:?} prints no JSON: {error}\n{stdout}"));
            validate(schema, &document)
                .unwrap_or_else(|error| panic!("{arguments:?} prints what docs/schemas/{schema}.json refuses: {error}\n{stdout}"));
        }
        None if is_object => panic!("{arguments:?} prints JSON, and docs/schemas has no schema for it: {stdout}"),
        _ => {}
    }
}
