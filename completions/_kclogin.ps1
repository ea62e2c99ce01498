
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'kclogin' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'kclogin'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'kclogin' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Sign in through the browser and keep the tokens')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show who is signed in')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print an access token that is valid now')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with the access token in its environment')
            [CompletionResult]::new('curl', 'curl', [CompletionResultType]::ParameterValue, 'Make a request with the access token, by curl')
            [CompletionResult]::new('git-credential', 'git-credential', [CompletionResultType]::ParameterValue, 'Sign git in to the sites that a profile allows')
            [CompletionResult]::new('docker-credential', 'docker-credential', [CompletionResultType]::ParameterValue, 'Sign docker in to the registries that a profile allows')
            [CompletionResult]::new('kubectl', 'kubectl', [CompletionResultType]::ParameterValue, 'Hand kubectl a token, as its credential plug-in')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show what is stored, without the network')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'Show what is in a token, without the network')
            [CompletionResult]::new('introspect', 'introspect', [CompletionResultType]::ParameterValue, 'Ask the provider about a token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a token before its time')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'End the session, at the provider too')
            [CompletionResult]::new('profile', 'profile', [CompletionResultType]::ParameterValue, 'List, choose, remove and import profiles')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out why a login fails here, line by line')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print or write the man pages')
            break
        }
        'kclogin;login' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The provider''s issuer, such as https://HOST/realms/NAME [env: KCLOGIN_ISSUER]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Keycloak''s address, to be used with --realm')
            [CompletionResult]::new('--realm', '--realm', [CompletionResultType]::ParameterName, 'Keycloak''s realm, to be used with --server')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The client, as it is registered at the provider (default: kclogin) [env: KCLOGIN_CLIENT_ID]')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Ask for this scope; repeatable (default: openid profile email) [env: KCLOGIN_SCOPE]')
            [CompletionResult]::new('--pushed-authorization-requests', '--pushed-authorization-requests', [CompletionResultType]::ParameterName, 'Push the authorization request before the browser opens (PAR), as some clients must; `=false` no longer')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key that is kept with them (DPoP); `=false` no longer')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the certificates in this file instead of the system''s')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Show this certificate to the provider (mutual TLS)')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'The certificate''s key, where it is in another file')
            [CompletionResult]::new('--authorization-endpoint', '--authorization-endpoint', [CompletionResultType]::ParameterName, 'Where the provider shows its login page, if it has no discovery')
            [CompletionResult]::new('--token-endpoint', '--token-endpoint', [CompletionResultType]::ParameterName, 'Where the provider gives tokens, if it has no discovery')
            [CompletionResult]::new('--userinfo-endpoint', '--userinfo-endpoint', [CompletionResultType]::ParameterName, 'Where the provider says who a token belongs to, if it has no discovery')
            [CompletionResult]::new('--jwks-uri', '--jwks-uri', [CompletionResultType]::ParameterName, 'Where the provider publishes its keys, if it has no discovery')
            [CompletionResult]::new('--end-session-endpoint', '--end-session-endpoint', [CompletionResultType]::ParameterName, 'Where the provider ends sessions, if it has no discovery')
            [CompletionResult]::new('--device-authorization-endpoint', '--device-authorization-endpoint', [CompletionResultType]::ParameterName, 'Where the provider gives codes for --device, if it has no discovery')
            [CompletionResult]::new('--pushed-authorization-request-endpoint', '--pushed-authorization-request-endpoint', [CompletionResultType]::ParameterName, 'Where the provider takes pushed authorization requests, if it has no discovery')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Open the login page with this command; %s is its address [env: BROWSER]')
            [CompletionResult]::new('--redirect-uri', '--redirect-uri', [CompletionResultType]::ParameterName, 'Come back to this address on this machine; `default` is a free port of http://127.0.0.1/callback')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for you')
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'What the provider should ask: none, login, consent or select_account')
            [CompletionResult]::new('--login-hint', '--login-hint', [CompletionResultType]::ParameterName, 'Who is going to sign in, to fill in the form')
            [CompletionResult]::new('--idp-hint', '--idp-hint', [CompletionResultType]::ParameterName, 'Go straight to this identity provider behind Keycloak (kc_idp_hint)')
            [CompletionResult]::new('--acr-values', '--acr-values', [CompletionResultType]::ParameterName, 'Take nothing less than one of these levels of authentication')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Sign in anew if the last time was longer ago')
            [CompletionResult]::new('--action', '--action', [CompletionResultType]::ParameterName, 'Do this at Keycloak''s pages, such as UPDATE_PASSWORD or CONFIGURE_TOTP (kc_action)')
            [CompletionResult]::new('--param', '--param', [CompletionResultType]::ParameterName, 'Send a further parameter; repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--client-secret-stdin', '--client-secret-stdin', [CompletionResultType]::ParameterName, 'Read the client''s secret from stdin and keep it in the token store [env: KCLOGIN_CLIENT_SECRET]')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the login page''s address instead of opening it')
            [CompletionResult]::new('--private', '--private', [CompletionResultType]::ParameterName, 'Open a private window, in which nobody is signed in yet')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Use a browser on another machine, and paste here the address where it ends')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Show a code to enter in a browser on any device; remembered in the profile')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;whoami' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the UserInfo response, unchanged')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;token' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to write it')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'The shell that `--format env` is for')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The variable that `--format env` sets')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Write it with the proof for this request (DPoP): two header lines, or with `--format json` an object')
            [CompletionResult]::new('--dpop-nonce', '--dpop-nonce', [CompletionResultType]::ParameterName, 'The nonce that the resource server has asked for (`DPoP-Nonce`)')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange it for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in it; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--id-token', '--id-token', [CompletionResultType]::ParameterName, 'Use the ID token instead of the access token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, once for all who ask for it')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('--force-refresh', '--force-refresh', [CompletionResultType]::ParameterName, 'Refresh even where it is still valid')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;exec' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Put the token into this variable; repeatable (default: KCLOGIN_TOKEN, unless there is a --file)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Put the token into a file and its path into this variable; repeatable')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange it for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in it; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Keep the file''s token fresh for as long as the command runs')
            [CompletionResult]::new('--id-token', '--id-token', [CompletionResultType]::ParameterName, 'Use the ID token instead of the access token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, once for all who ask for it')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;curl' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange it for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in it; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--id-token', '--id-token', [CompletionResultType]::ParameterName, 'Use the ID token instead of the access token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, once for all who ask for it')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;git-credential' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name beside the token, where git sends it as a password and has no other')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange it for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in it; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--id-token', '--id-token', [CompletionResultType]::ParameterName, 'Use the ID token instead of the access token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, once for all who ask for it')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;docker-credential' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the token for the registry on stdin, where a profile allows it')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Refuse to keep a password')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Leave everything as it is: kclogin logout ends the session')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the registries that there is a token for, each with the user name')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Allow a registry, and print what to put into docker''s or podman''s configuration')
            break
        }
        'kclogin;docker-credential;get' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;docker-credential;store' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;docker-credential;erase' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;docker-credential;list' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;docker-credential;version' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;docker-credential;setup' {
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name that its registries want beside a token, for all of the profile [default: oauth2]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;kubectl' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange the access token for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in the access token; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--access-token', '--access-token', [CompletionResultType]::ParameterName, 'Give the access token instead of the ID token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, unless kubectl says that nobody is there')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Print the commands that make kubectl ask kclogin')
            break
        }
        'kclogin;kubectl;setup' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'What to call the user in the kubeconfig (default: the profile''s name)')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'The program that kubectl is to start, where kclogin is not on its search path')
            [CompletionResult]::new('--exec-api-version', '--exec-api-version', [CompletionResultType]::ParameterName, 'The version of the plug-in''s interface: v1, or v1beta1 for an older kubectl')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Exchange the access token for one for this resource server; repeatable (RFC 8693)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Have no more than this scope in the access token; repeatable')
            [CompletionResult]::new('--min-validity', '--min-validity', [CompletionResultType]::ParameterName, 'Refresh unless it is valid for this long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--access-token', '--access-token', [CompletionResultType]::ParameterName, 'Give the access token instead of the ID token')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Sign in through the browser where that is needed, unless kubectl says that nobody is there')
            [CompletionResult]::new('--client-credentials', '--client-credentials', [CompletionResultType]::ParameterName, 'Be the client''s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;status' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print an object instead of text')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;decode' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--id-token', '--id-token', [CompletionResultType]::ParameterName, 'Take the stored ID token instead of the access token')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Check that the profile''s provider has signed it and that it is valid now')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print an object instead of text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;introspect' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the provider''s answer, unchanged')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;revoke' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;logout' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for the browser to come back')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Sign out of every profile')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Touch no network: only remove the tokens from this machine')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'End the session in the browser that has it, for providers that end it no other way')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;profile' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the profiles and who is signed in')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a profile')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Make a profile the default')
            [CompletionResult]::new('allow', 'allow', [CompletionResultType]::ParameterValue, 'Let git, docker and their like send a profile''s token to a site')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile, and its client''s secret')
            [CompletionResult]::new('move-store', 'move-store', [CompletionResultType]::ParameterValue, 'Move a profile''s tokens and client secret to another token store')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a profile out of a keycloak.json or client_secrets.json')
            break
        }
        'kclogin;profile;list' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--names', '--names', [CompletionResultType]::ParameterName, 'Print only the names, and ask no token store who is signed in')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;profile;show' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;profile;use' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;profile;allow' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Allow it no longer')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;profile;remove' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Remove every profile')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Remove it even if it is signed in, and forget the session')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;profile;move-store' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The store to move to: keyring, file, kernel or helper:NAME')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;profile;import' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'kclogin;doctor' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The provider''s issuer, such as https://HOST/realms/NAME [env: KCLOGIN_ISSUER]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Keycloak''s address, to be used with --realm')
            [CompletionResult]::new('--realm', '--realm', [CompletionResultType]::ParameterName, 'Keycloak''s realm, to be used with --server')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The client, as it is registered at the provider (default: kclogin) [env: KCLOGIN_CLIENT_ID]')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Ask for this scope; repeatable (default: openid profile email) [env: KCLOGIN_SCOPE]')
            [CompletionResult]::new('--pushed-authorization-requests', '--pushed-authorization-requests', [CompletionResultType]::ParameterName, 'Push the authorization request before the browser opens (PAR), as some clients must; `=false` no longer')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key that is kept with them (DPoP); `=false` no longer')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the certificates in this file instead of the system''s')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Show this certificate to the provider (mutual TLS)')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'The certificate''s key, where it is in another file')
            [CompletionResult]::new('--authorization-endpoint', '--authorization-endpoint', [CompletionResultType]::ParameterName, 'Where the provider shows its login page, if it has no discovery')
            [CompletionResult]::new('--token-endpoint', '--token-endpoint', [CompletionResultType]::ParameterName, 'Where the provider gives tokens, if it has no discovery')
            [CompletionResult]::new('--userinfo-endpoint', '--userinfo-endpoint', [CompletionResultType]::ParameterName, 'Where the provider says who a token belongs to, if it has no discovery')
            [CompletionResult]::new('--jwks-uri', '--jwks-uri', [CompletionResultType]::ParameterName, 'Where the provider publishes its keys, if it has no discovery')
            [CompletionResult]::new('--end-session-endpoint', '--end-session-endpoint', [CompletionResultType]::ParameterName, 'Where the provider ends sessions, if it has no discovery')
            [CompletionResult]::new('--device-authorization-endpoint', '--device-authorization-endpoint', [CompletionResultType]::ParameterName, 'Where the provider gives codes for --device, if it has no discovery')
            [CompletionResult]::new('--pushed-authorization-request-endpoint', '--pushed-authorization-request-endpoint', [CompletionResultType]::ParameterName, 'Where the provider takes pushed authorization requests, if it has no discovery')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'The command that would open the login page [env: BROWSER]')
            [CompletionResult]::new('--redirect-uri', '--redirect-uri', [CompletionResultType]::ParameterName, 'Where the login would come back to; `default` is a free port of http://127.0.0.1/callback')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print an object instead of text')
            [CompletionResult]::new('--client-secret-stdin', '--client-secret-stdin', [CompletionResultType]::ParameterName, 'Read the client''s secret from stdin and keep it in the token store [env: KCLOGIN_CLIENT_SECRET]')
            [CompletionResult]::new('--private', '--private', [CompletionResultType]::ParameterName, 'Whether a private window could be opened')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;completions' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kclogin;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write a page for every command into this directory')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto, always or never')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what has to be said')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is sent where, never a secret')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
