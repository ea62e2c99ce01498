/* psql, pg_dump and all else that is linked to the libpq of PostgreSQL 18, with a token from kclogin where a server asks for OAuth. On Linux:
 *
 *   cc -shared -fPIC -I"$(pg_config --includedir)" -o kclogin-libpq.so kclogin-libpq.c
 *   LD_PRELOAD="$PWD/kclogin-libpq.so" psql service=orders
 *
 * The connection says sslmode, oauth_issuer and oauth_client_id, and gets the token of that session and of no other. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#define LONGEST 65536

/* Absent from the other programs that are started with this preloaded. */
#pragma weak PQsetAuthDataHook

/* What the connection says by this keyword, to be freed. */
static char *parameter(PGconn *connection, const char *keyword)
{
    char *value = NULL;
    PQconninfoOption *options = PQconninfo(connection);
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
        if (option->val != NULL && strcmp(option->keyword, keyword) == 0)
            value = strdup(option->val);
    PQconninfoFree(options);
    return value;
}

static void be_kclogin(PGconn *connection, int out)
{
    char *issuer = parameter(connection, "oauth_issuer"), *client = parameter(connection, "oauth_client_id");
    if (issuer == NULL || client == NULL || setenv("KCLOGIN_ISSUER", issuer, 1) != 0 || setenv("KCLOGIN_CLIENT_ID", client, 1) != 0)
        _exit(1);
    unsetenv("LD_PRELOAD");
    dup2(out, STDOUT_FILENO);
    execlp("kclogin", "kclogin", "token", (char *) NULL);
    fprintf(stderr, "kclogin: %s\n", strerror(errno));
    _exit(127);
}

/* The token, to be freed; nothing where there is none, and then kclogin has said on stderr why. */
static char *token(PGconn *connection)
{
    int ends[2], status;
    size_t length = 0;
    ssize_t count;
    char *text = calloc(1, LONGEST);
    if (text == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return free(text), NULL;
    pid_t child = fork();
    if (child == 0)
        be_kclogin(connection, ends[1]);
    close(ends[1]);
    while (child > 0 && length < LONGEST - 1 && ((count = read(ends[0], text + length, LONGEST - 1 - length)) > 0 || (count < 0 && errno == EINTR)))
        length += count > 0 ? count : 0;
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    text[strcspn(text, "\n")] = '\0';
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && *text != '\0')
        return text;
    explicit_bzero(text, LONGEST);
    return free(text), NULL;
}

static void forget(PGconn *connection, PGoauthBearerRequest *request)
{
    (void) connection;
    if (request->token != NULL)
        explicit_bzero(request->token, strlen(request->token));
    free(request->token);
    request->token = NULL;
}

static int hook(PGauthData type, PGconn *connection, void *data)
{
    PGoauthBearerRequest *request = data;
    const char *host = PQhost(connection);
    char *sslmode = parameter(connection, "sslmode");
    int is_verified = sslmode != NULL && strcmp(sslmode, "verify-full") == 0;
    free(sslmode);
    if (type != PQAUTHDATA_OAUTH_BEARER_TOKEN)
        return 0;
    /* A server that has not proved its name could be anybody's, except behind a socket of this machine, whose path begins with a slash. */
    if (!is_verified && (host == NULL || *host != '/')) {
        fputs("kclogin: no token is sent to a server that is not verified; add sslmode=verify-full\n", stderr);
        return -1;
    }
    request->token = token(connection);
    request->cleanup = forget;
    return request->token != NULL ? 1 : -1;
}

__attribute__((constructor)) static void begin(void)
{
    if (PQsetAuthDataHook != NULL)
        PQsetAuthDataHook(hook);
}
