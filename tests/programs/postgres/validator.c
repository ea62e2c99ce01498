/* A validator module for PostgreSQL's OAuth that asks Keycloak about each token, as the client orders-api (RFC 7662). Who the token is for is the
 * user name in Keycloak; whether that may be the role is PostgreSQL's own decision. */

#include "postgres.h"

#include <curl/curl.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/libpq-be.h"
#include "libpq/oauth.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_MODULE_MAGIC;

#define ENDPOINT "/protocol/openid-connect/token/introspect"

static size_t
collect(char *bytes, size_t size, size_t count, void *answer)
{
    appendBinaryStringInfo(answer, bytes, size * count);
    return size * count;
}

static char *
field(const char *answer, const char *name)
{
    return text_to_cstring(DatumGetTextPP(
        DirectFunctionCall2(json_object_field_text, CStringGetTextDatum(answer), CStringGetTextDatum(name))));
}

static bool
validate(const ValidatorModuleState *state, const char *token, const char *role, ValidatorModuleResult *result)
{
    StringInfoData answer;
    CURL       *curl = curl_easy_init();
    char       *escaped = curl_easy_escape(curl, token, 0);
    CURLcode    code;
    long        status = 0;

    initStringInfo(&answer);
    curl_easy_setopt(curl, CURLOPT_URL, psprintf("%s%s", MyProcPort->hba->oauth_issuer, ENDPOINT));
    curl_easy_setopt(curl, CURLOPT_USERPWD, "orders-api:orders-secret");
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, psprintf("token=%s", escaped));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_free(escaped);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK || status != 200)
    {
        ereport(WARNING, errmsg("the provider did not say whether a token is valid: %s, status %ld", curl_easy_strerror(code), status));
        return false;
    }
    result->authorized = strcmp(field(answer.data, "active"), "true") == 0;
    if (result->authorized)
        result->authn_id = field(answer.data, "username");
    return true;
}

static const OAuthValidatorCallbacks callbacks = {PG_OAUTH_VALIDATOR_MAGIC, .validate_cb = validate};

const OAuthValidatorCallbacks *
_PG_oauth_validator_module_init(void)
{
    return &callbacks;
}
