# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kclogin_global_optspecs
    string join \n p/profile= q/quiet v/verbose color= store= h/help V/version
end

function __fish_kclogin_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kclogin_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kclogin_using_subcommand
    set -l cmd (__fish_kclogin_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kclogin -n "__fish_kclogin_needs_command" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_needs_command" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_needs_command" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_needs_command" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_needs_command" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_needs_command" -s V -l version -d 'Print version'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "login" -d 'Sign in through the browser and keep the tokens'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "whoami" -d 'Show who is signed in'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "token" -d 'Print an access token that is valid now'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "exec" -d 'Run a command with the access token in its environment'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "curl" -d 'Make a request with the access token, by curl'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "git-credential" -d 'Sign git in to the sites that a profile allows'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "docker-credential" -d 'Sign docker in to the registries that a profile allows'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "kubectl" -d 'Hand kubectl a token, as its credential plug-in'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "status" -d 'Show what is stored, without the network'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "decode" -d 'Show what is in a token, without the network'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "introspect" -d 'Ask the provider about a token'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "revoke" -d 'End a token before its time'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "logout" -d 'End the session, at the provider too'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "profile" -d 'List, choose, remove and import profiles'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "doctor" -d 'Find out why a login fails here, line by line'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c kclogin -n "__fish_kclogin_needs_command" -f -a "man" -d 'Print or write the man pages'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l issuer -d 'The provider\'s issuer, such as https://HOST/realms/NAME [env: KCLOGIN_ISSUER]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l server -d 'Keycloak\'s address, to be used with --realm' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l realm -d 'Keycloak\'s realm, to be used with --server' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l client-id -d 'The client, as it is registered at the provider (default: kclogin) [env: KCLOGIN_CLIENT_ID]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l scope -d 'Ask for this scope; repeatable (default: openid profile email) [env: KCLOGIN_SCOPE]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l pushed-authorization-requests -d 'Push the authorization request before the browser opens (PAR), as some clients must; `=false` no longer' -r -f -a "true\t''
false\t''"
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l dpop -d 'Bind the tokens to a key that is kept with them (DPoP); `=false` no longer' -r -f -a "true\t''
false\t''"
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l ca-file -d 'Trust the certificates in this file instead of the system\'s' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l client-certificate -d 'Show this certificate to the provider (mutual TLS)' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l client-key -d 'The certificate\'s key, where it is in another file' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l authorization-endpoint -d 'Where the provider shows its login page, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l token-endpoint -d 'Where the provider gives tokens, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l userinfo-endpoint -d 'Where the provider says who a token belongs to, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l jwks-uri -d 'Where the provider publishes its keys, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l end-session-endpoint -d 'Where the provider ends sessions, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l device-authorization-endpoint -d 'Where the provider gives codes for --device, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l pushed-authorization-request-endpoint -d 'Where the provider takes pushed authorization requests, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l browser -d 'Open the login page with this command; %s is its address [env: BROWSER]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l redirect-uri -d 'Come back to this address on this machine; `default` is a free port of http://127.0.0.1/callback' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l timeout -d 'How long to wait for you' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l prompt -d 'What the provider should ask: none, login, consent or select_account' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l login-hint -d 'Who is going to sign in, to fill in the form' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l idp-hint -d 'Go straight to this identity provider behind Keycloak (kc_idp_hint)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l acr-values -d 'Take nothing less than one of these levels of authentication' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l max-age -d 'Sign in anew if the last time was longer ago' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l action -d 'Do this at Keycloak\'s pages, such as UPDATE_PASSWORD or CONFIGURE_TOTP (kc_action)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l param -d 'Send a further parameter; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l client-secret-stdin -d 'Read the client\'s secret from stdin and keep it in the token store [env: KCLOGIN_CLIENT_SECRET]'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l no-browser -d 'Print the login page\'s address instead of opening it'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l private -d 'Open a private window, in which nobody is signed in yet'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l paste -d 'Use a browser on another machine, and paste here the address where it ends'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -l device -d 'Show a code to enter in a browser on any device; remembered in the profile'
complete -c kclogin -n "__fish_kclogin_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -l json -d 'Print the UserInfo response, unchanged'
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l format -d 'How to write it' -r -f -a "raw\t'The token and a newline'
json\t'An object with the token, its expiry, scope, issuer and subject'
header\t'A line `Authorization: Bearer ...`'
env\t'A command that sets a variable, to be evaluated by a shell'
exec-credential\t'The answer of a Kubernetes credential plug-in'"
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l shell -d 'The shell that `--format env` is for' -r -f -a "sh\t'sh, bash, zsh and their like'
fish\t'fish'
powershell\t'PowerShell'"
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l env -d 'The variable that `--format env` sets' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l dpop -d 'Write it with the proof for this request (DPoP): two header lines, or with `--format json` an object' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l dpop-nonce -d 'The nonce that the resource server has asked for (`DPoP-Nonce`)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l audience -d 'Exchange it for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l scope -d 'Have no more than this scope in it; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l id-token -d 'Use the ID token instead of the access token'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l login -d 'Sign in through the browser where that is needed, once for all who ask for it'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -l force-refresh -d 'Refresh even where it is still valid'
complete -c kclogin -n "__fish_kclogin_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l env -d 'Put the token into this variable; repeatable (default: KCLOGIN_TOKEN, unless there is a --file)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l file -d 'Put the token into a file and its path into this variable; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l audience -d 'Exchange it for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l scope -d 'Have no more than this scope in it; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l refresh -d 'Keep the file\'s token fresh for as long as the command runs'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l id-token -d 'Use the ID token instead of the access token'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l login -d 'Sign in through the browser where that is needed, once for all who ask for it'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l audience -d 'Exchange it for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l scope -d 'Have no more than this scope in it; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l id-token -d 'Use the ID token instead of the access token'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l login -d 'Sign in through the browser where that is needed, once for all who ask for it'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand curl" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l username -d 'The user name beside the token, where git sends it as a password and has no other' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l audience -d 'Exchange it for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l scope -d 'Have no more than this scope in it; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l id-token -d 'Use the ID token instead of the access token'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l login -d 'Sign in through the browser where that is needed, once for all who ask for it'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand git-credential" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "get" -d 'Print the token for the registry on stdin, where a profile allows it'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "store" -d 'Refuse to keep a password'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "erase" -d 'Leave everything as it is: kclogin logout ends the session'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "list" -d 'List the registries that there is a token for, each with the user name'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "version" -d 'Print the version'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and not __fish_seen_subcommand_from get store erase list version setup" -f -a "setup" -d 'Allow a registry, and print what to put into docker\'s or podman\'s configuration'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from store" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from erase" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from version" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -l username -d 'The user name that its registries want beside a token, for all of the profile [default: oauth2]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand docker-credential; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l audience -d 'Exchange the access token for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l scope -d 'Have no more than this scope in the access token; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l access-token -d 'Give the access token instead of the ID token'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l login -d 'Sign in through the browser where that is needed, unless kubectl says that nobody is there'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and not __fish_seen_subcommand_from setup" -f -a "setup" -d 'Print the commands that make kubectl ask kclogin'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l user -d 'What to call the user in the kubeconfig (default: the profile\'s name)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l command -d 'The program that kubectl is to start, where kclogin is not on its search path' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l exec-api-version -d 'The version of the plug-in\'s interface: v1, or v1beta1 for an older kubectl' -r -f -a "v1\t'Since Kubernetes 1.22'
v1beta1\t'Before, and still understood'"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l audience -d 'Exchange the access token for one for this resource server; repeatable (RFC 8693)' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l scope -d 'Have no more than this scope in the access token; repeatable' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l min-validity -d 'Refresh unless it is valid for this long' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l access-token -d 'Give the access token instead of the ID token'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l login -d 'Sign in through the browser where that is needed, unless kubectl says that nobody is there'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -l client-credentials -d 'Be the client\'s service account, with its secret from KCLOGIN_CLIENT_SECRET or the token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand kubectl; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -l json -d 'Print an object instead of text'
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -l id-token -d 'Take the stored ID token instead of the access token'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -l verify -d 'Check that the profile\'s provider has signed it and that it is valid now'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -l json -d 'Print an object instead of text'
complete -c kclogin -n "__fish_kclogin_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -l json -d 'Print the provider\'s answer, unchanged'
complete -c kclogin -n "__fish_kclogin_using_subcommand introspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l timeout -d 'How long to wait for the browser to come back' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l all -d 'Sign out of every profile'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l local -d 'Touch no network: only remove the tokens from this machine'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -l browser -d 'End the session in the browser that has it, for providers that end it no other way'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "list" -d 'List the profiles and who is signed in'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "show" -d 'Show a profile'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "use" -d 'Make a profile the default'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "allow" -d 'Let git, docker and their like send a profile\'s token to a site'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "remove" -d 'Remove a profile, and its client\'s secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "move-store" -d 'Move a profile\'s tokens and client secret to another token store'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and not __fish_seen_subcommand_from list show use allow remove move-store import" -f -a "import" -d 'Make a profile out of a keycloak.json or client_secrets.json'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -l names -d 'Print only the names, and ask no token store who is signed in'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -l remove -d 'Allow it no longer'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from allow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -l all -d 'Remove every profile'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -l force -d 'Remove it even if it is signed in, and forget the session'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -l to -d 'The store to move to: keyring, file, kernel or helper:NAME' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from move-store" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l issuer -d 'The provider\'s issuer, such as https://HOST/realms/NAME [env: KCLOGIN_ISSUER]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l server -d 'Keycloak\'s address, to be used with --realm' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l realm -d 'Keycloak\'s realm, to be used with --server' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l client-id -d 'The client, as it is registered at the provider (default: kclogin) [env: KCLOGIN_CLIENT_ID]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l scope -d 'Ask for this scope; repeatable (default: openid profile email) [env: KCLOGIN_SCOPE]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l pushed-authorization-requests -d 'Push the authorization request before the browser opens (PAR), as some clients must; `=false` no longer' -r -f -a "true\t''
false\t''"
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l dpop -d 'Bind the tokens to a key that is kept with them (DPoP); `=false` no longer' -r -f -a "true\t''
false\t''"
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l ca-file -d 'Trust the certificates in this file instead of the system\'s' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l client-certificate -d 'Show this certificate to the provider (mutual TLS)' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l client-key -d 'The certificate\'s key, where it is in another file' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l authorization-endpoint -d 'Where the provider shows its login page, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l token-endpoint -d 'Where the provider gives tokens, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l userinfo-endpoint -d 'Where the provider says who a token belongs to, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l jwks-uri -d 'Where the provider publishes its keys, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l end-session-endpoint -d 'Where the provider ends sessions, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l device-authorization-endpoint -d 'Where the provider gives codes for --device, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l pushed-authorization-request-endpoint -d 'Where the provider takes pushed authorization requests, if it has no discovery' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l browser -d 'The command that would open the login page [env: BROWSER]' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l redirect-uri -d 'Where the login would come back to; `default` is a free port of http://127.0.0.1/callback' -r
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l json -d 'Print an object instead of text'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l client-secret-stdin -d 'Read the client\'s secret from stdin and keep it in the token store [env: KCLOGIN_CLIENT_SECRET]'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -l private -d 'Whether a private window could be opened'
complete -c kclogin -n "__fish_kclogin_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -l dir -d 'Write a page for every command into this directory' -r -F
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -s p -l profile -d 'Use this profile instead of the default one [env: KCLOGIN_PROFILE]' -r -f -a "(kclogin profile list --names 2>/dev/null)"
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -l store -d 'Keep the tokens in this store: keyring, file, kernel or helper:NAME [env: KCLOGIN_STORE]' -r -f -a "keyring\t'The operating system\'s keyring'
file\t'Files that only you can read, not encrypted'
kernel\t'The Linux kernel\'s keyring, in memory only'
helper:pass\t'The program docker-credential-pass, or another of that kind'"
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -s q -l quiet -d 'Say only what has to be said'
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -s v -l verbose -d 'Say what is sent where, never a secret'
complete -c kclogin -n "__fish_kclogin_using_subcommand man" -s h -l help -d 'Print help'
complete -c kclogin -n "__fish_kclogin_using_subcommand profile; and __fish_seen_subcommand_from show use remove move-store" -f -a "(kclogin profile list --names 2>/dev/null)"
