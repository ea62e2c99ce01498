//! The real kclogin against a real Keycloak, a real Secret Service and a real Chromium.
