//! A request of our own making to one of the provider's endpoints, for what the library does not speak.

use openidconnect::http::{HeaderValue, Method};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::Client;
use crate::encoding::to_base64;
use crate::oidc::endpoints::ClientAuthentication;
use crate::oidc::http::Request;

/// A form with the client's authentication (RFC 6749 section 2.3.1: for Basic, id and secret are form-encoded first).
pub(super) fn form(at: &Url, client: &Client, fields: &[(&str, &str)]) -> Request {
    let mut body = Serializer::new(String::new());
    body.extend_pairs(fields);
    let secret = client.secret.as_ref().map_or("", |secret| secret.expose().as_str());
    let mut authorization = None;
    match client.authentication {
        ClientAuthentication::None => {
            body.append_pair("client_id", &client.id);
        }
        ClientAuthentication::ClientSecretPost => {
            body.append_pair("client_id", &client.id).append_pair("client_secret", secret);
        }
        ClientAuthentication::ClientSecretBasic => {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            // The credentials of HTTP Basic authentication (RFC 7617 section 2).
            let credentials = to_base64(format!("{}:{}", encode(&client.id), encode(secret)));
            authorization = Some(format!("Basic {credentials}"));
        }
    }
    let mut request = Request::new(body.finish().into_bytes());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = at.as_str().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    if let Some(value) = authorization.and_then(|value| value.parse().ok()) {
        headers.insert("authorization", value);
    }
    request
}
