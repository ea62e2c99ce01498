//! The `ExecCredential` of Kubernetes' client: what its credential plug-ins are told and what they answer (client.authentication.k8s.io).

use serde::Deserialize;
use serde_json::{Value, json};

use super::Issued;
use crate::clock::Timestamp;
use crate::error::{Error, Result};

const GROUP: &str = "client.authentication.k8s.io";

/// What the client tells its plug-in, in the variable `KUBERNETES_EXEC_INFO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecInfo {
    /// The version of the API that the client speaks.
    version: &'static str,
    /// Whether there is a person whom the plug-in may ask for something; nothing where the client does not say, as those before v1beta1 of its later days.
    pub interactive: Option<bool>,
}

impl Default for ExecInfo {
    /// The newest version, of a client that says nothing.
    fn default() -> Self {
        Self { version: "v1", interactive: None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    api_version: String,
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct Spec {
    interactive: Option<bool>,
}

impl ExecInfo {
    /// Reads the variable's value.
    ///
    /// # Errors
    /// It is no `ExecCredential`, or one of a version that is not known here.
    pub fn read(text: &str) -> Result<Self> {
        let told: Told = serde_json::from_str(text).map_err(|error| {
            Error::usage("KUBERNETES_EXEC_INFO is not an ExecCredential").detail(format!("line {}, column {}", error.line(), error.column()))
        })?;
        let known = ["v1", "v1beta1"]
            .into_iter()
            .find(|version| told.api_version.strip_prefix(GROUP).and_then(|rest| rest.strip_prefix('/')) == Some(version));
        let version = known.ok_or_else(|| {
            Error::usage(format!("the Kubernetes client asks for `{}`, which is not known here", told.api_version))
                .hint(format!("set `apiVersion: {GROUP}/v1` in the kubeconfig's `exec`, or `{GROUP}/v1beta1` for a client before 1.22"))
        })?;
        Ok(Self { version, interactive: told.spec.interactive })
    }
}

/// The answer, in the version that was asked for. Without an expiry the client keeps the token for as long as it runs.
#[must_use]
pub fn exec_credential(info: &ExecInfo, issued: &Issued) -> String {
    let mut status = json!({ "token": issued.token.expose() });
    if let Some(expiry) = issued.expiry {
        status["expirationTimestamp"] = Value::from(Timestamp::to_rfc3339(expiry));
    }
    format!("{:#}", json!({ "apiVersion": format!("{GROUP}/{}", info.version), "kind": "ExecCredential", "status": status }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_version_is_the_client_s_and_unknown_ones_are_refused() {
        let read = |text: &str| ExecInfo::read(text);
        let told = read(r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{"interactive":false}}"#);
        assert_eq!(told, Ok(ExecInfo { version: "v1beta1", interactive: Some(false) }));
        assert_eq!(read(r#"{"apiVersion":"client.authentication.k8s.io/v1"}"#), Ok(ExecInfo::default()));
        for bad in ["", "{}", "[]", r#"{"apiVersion":"client.authentication.k8s.io/v1alpha1"}"#, r#"{"apiVersion":"v1"}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_without_an_expiry_names_none() {
        let mut issued =
            Issued { token: Secret::from("t"), expiry: Some(Timestamp(0)), scope: Vec::new(), issuer: String::new(), subject: None, proof_key: None };
        let answer = |issued: &Issued| serde_json::from_str::<Value>(&exec_credential(&ExecInfo::default(), issued)).expect("JSON")["status"].clone();
        assert_eq!(answer(&issued), json!({ "token": "t", "expirationTimestamp": "1970-01-01T00:00:00Z" }));
        issued.expiry = None;
        assert_eq!(answer(&issued), json!({ "token": "t" }));
    }
}
