/*
 * api/public_payee.c - PUT and GET /v1/wallet/payee: where a player is paid.
 *
 *   read the body --> the proof, if there is one --> seal --> set --> read back --> reply
 *
 * The proof is a JWT of the operator's identity service: `purpose` "payee", the player's `sub`, the payee
 * itself, an `exp` at most an hour away and a `jti`, which the database takes once.
 */
#include "api/public_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/payee.h"
#include "flow/withdrawal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROOF_LIFE_MAX_S = 3600, JTI_MAX = 256, PERSON_MAX = 4096, PLAIN_MAX = 2048 };

static void payee_was_set(void *arg, hb_err err, const struct payee_verdict *verdict);
static void payee_was_read(void *arg, hb_err err, const struct payee_row *row);

struct payee_asking {
    struct asking asking;
    bool wrote; /* the payee was set: a read that fails then is no "nothing happened" */
};

/* What a request says, and its proof. */
struct payee_request {
    struct payee payee;
    struct jwt_claims who; /* sub_len 0: not known */
    uint8_t proof[SHA256_BYTES];
    bool has_proof;
    const char *why; /* of HB_E_FIELD and of the proof's refusals */
};

/* ---- the proof ---- */

/* One service's proof of one id is one proof. */
static void proof_hash(const json_t *payload, const json_t *jti, uint8_t out[static SHA256_BYTES])
{
    const char *iss = json_string_value(json_object_get(payload, "iss"));
    struct sha256_stream stream;

    sha256_start(&stream);
    sha256_add(&stream, "hongbao/payee-proof/1", sizeof "hongbao/payee-proof/1");
    sha256_add(&stream, iss == NULL ? "" : iss, (iss == NULL ? 0 : strlen(iss)) + 1);
    sha256_add(&stream, json_string_value(jti), json_string_length(jti));
    sha256_end(&stream, out);
}

static const char *
why_no_proof(const struct asking *asking, const json_t *payload, struct payee_request *request)
{
    const char *purpose = json_string_value(json_object_get(payload, "purpose"));
    const json_t *jti = json_object_get(payload, "jti");
    const char *why;

    if (purpose == NULL || strcmp(purpose, "payee") != 0) {
        return "the proof's purpose must be payee";
    }
    if (!auth_is(admission_auth(asking->api->admission), &request->who, &asking->player)) {
        return "the proof is another person's";
    }
    if (!json_is_string(jti) || json_string_length(jti) == 0 || json_string_length(jti) > JTI_MAX) {
        return "the proof needs a jti of 1 to 256 bytes";
    }
    if (request->who.expires_s > clock_wall_ms() / 1000 + PROOF_LIFE_MAX_S) {
        return "the proof may live for an hour at most";
    }
    if (payee_parse(json_object_get(payload, "payee"), &request->payee, &why) != HB_OK) {
        return "the proof's payee is not one";
    }
    proof_hash(payload, jti, request->proof);
    request->has_proof = true;
    return NULL;
}

static hb_err proof_read(const struct asking *asking, const json_t *proof, struct payee_request *request)
{
    json_t *payload = NULL;
    hb_err err;

    if (!json_is_string(proof)) {
        request->why = "/proof must be a JWT";
        return HB_E_FIELD;
    }
    err = auth_open(admission_auth(asking->api->admission),
                    json_string_value(proof),
                    json_string_length(proof),
                    &request->who,
                    &payload);
    request->why = err != HB_OK ? "the proof is not signed by the identity service, or is over"
                                : why_no_proof(asking, payload, request);
    json_decref(payload);
    return request->why == NULL ? HB_OK : HB_E_PROOF_INVALID;
}

/* ---- the request ---- */

static const char *unknown_member(json_t *body)
{
    static const char *const KNOWN[] = {"provider", "kind", "id", "app_id", "name", "proof"};
    const char *name;
    json_t *value;

    json_object_foreach(body, name, value)
    {
        bool known = false;

        for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
            known = known || strcmp(KNOWN[i], name) == 0;
        }
        if (!known) {
            return "the body may have provider, kind, id, app_id, name and proof";
        }
    }
    return NULL;
}

/* With a proof, the payee is the proof's; what the body says besides must be the same. */
static hb_err body_match(const json_t *body, struct payee_request *request)
{
    struct payee said;
    hb_err err = HB_OK;

    if (request->has_proof && json_object_size(body) == 1) {
        return HB_OK;
    }
    err = payee_parse(body, &said, &request->why);
    if (err == HB_OK && request->has_proof && !payee_equal(&said, &request->payee)) {
        request->why = "the proof is of another payee";
        err = HB_E_PROOF_INVALID;
    }
    if (err == HB_OK) {
        request->payee = said;
    }
    payee_wipe(&said);
    return err;
}

static hb_err request_check(const struct asking *asking, json_t *body, struct payee_request *request)
{
    const json_t *proof = json_object_get(body, "proof");
    hb_err err = HB_OK;

    request->why = json_is_object(body) ? unknown_member(body) : "the body must be an object";
    if (request->why != NULL) {
        return HB_E_FIELD;
    }
    if (proof != NULL) {
        err = proof_read(asking, proof, request);
    } else if (asking->api->wallet->proof_required) {
        return HB_E_PROOF_NEEDED;
    }
    return err == HB_OK ? body_match(body, request) : err;
}

static hb_err request_read(const struct asking *asking, struct payee_request *request)
{
    struct http_text text = http_call_request(asking->call)->body;
    json_t *body = NULL;
    hb_err err = json_parse(text.at, text.len, &body, NULL, 0) == HB_OK ? request_check(asking, body, request)
                                                                        : HB_E_JSON;

    json_decref(body);
    if (err == HB_OK && !request->has_proof &&
        !auth_subject(admission_auth(asking->api->admission), asking->call, &request->who)) {
        request->who.sub_len = 0; /* a session knows the player, not the person */
    }
    return err;
}

/* ---- setting ---- */

/* {"sub":"..."}, sealed; 0: not known, or out of memory, which loses nothing that is needed to pay. */
static size_t person_seal(const struct asking *asking, const struct payee_request *request, uint8_t *out)
{
    char memory[PLAIN_MAX];
    struct buf plain, sealed;

    if (request->who.sub_len == 0) {
        return 0;
    }
    buf_over(&plain, memory, sizeof memory);
    buf_over(&sealed, (char *)out, PERSON_MAX);
    buf_adds(&plain, "{\"sub\":");
    buf_add_json_string(&plain, request->who.sub, request->who.sub_len);
    buf_addc(&plain, '}');
    if (!plain.failed) {
        (void)seal_write(&asking->api->wallet->people,
                         "person",
                         asking->player.bytes,
                         PLAYER_BYTES,
                         plain.data,
                         plain.len,
                         &sealed);
    }
    crypto_wipe(memory, sizeof memory);
    return sealed.len;
}

static void payee_send(struct payee_asking *asking, const struct payee_request *request)
{
    const struct public_api *api = asking->asking.api;
    uint8_t person[PERSON_MAX];
    size_t person_len = person_seal(&asking->asking, request, person);
    struct payee_sealed sealed;
    struct payee_order order;

    if (!payee_seal(&api->wallet->people, &asking->asking.player, &request->payee, &sealed)) {
        http_call_problem(asking->asking.call, HB_E_INTERNAL, NULL, NULL);
        return;
    }
    order = (struct payee_order){
        .player = asking->asking.player,
        .provider = request->payee.provider,
        .app_id = request->payee.app_id,
        .payee = {sealed.payee, sealed.payee_len},
        .name = {sealed.name_len == 0 ? NULL : sealed.name, sealed.name_len},
        .person = {person_len == 0 ? NULL : person, person_len},
        .fingerprint = {sealed.fingerprint, sizeof sealed.fingerprint},
        .proof = {request->has_proof ? request->proof : NULL, sizeof request->proof},
        .proof_until_s = request->who.expires_s,
    };
    api->deps->wallet.payee_set(api->deps->wallet.self, &order, payee_was_set, asking);
}

void payee_put(struct http_call *call, void *context)
{
    struct payee_asking *asking = asking_start(context, call, sizeof *asking);
    struct payee_request request = {.has_proof = false};
    hb_err err;

    if (asking == NULL) {
        return;
    }
    err = request_read(&asking->asking, &request);
    if (err == HB_OK) {
        payee_send(asking, &request);
    } else {
        http_call_problem(call, err, request.why, NULL);
    }
    crypto_wipe(&request, sizeof request);
}

static void payee_was_set(void *arg, hb_err err, const struct payee_verdict *verdict)
{
    struct payee_asking *asking = arg;
    const struct wallet_port *wallet = &asking->asking.api->deps->wallet;

    err = err == HB_OK ? withdraw_error(verdict->verdict) : err;
    if (err != HB_OK) {
        http_call_problem(asking->asking.call, err, NULL, NULL);
        return;
    }
    asking->wrote = true;
    wallet->payee(wallet->self, &asking->asking.player, payee_was_read, asking);
}

/* ---- reading ---- */

void payee_get(struct http_call *call, void *context)
{
    struct public_api *api = context;
    struct payee_asking *asking = asking_start(api, call, sizeof *asking);

    if (asking != NULL) {
        api->deps->wallet.payee(api->deps->wallet.self, &asking->asking.player, payee_was_read, asking);
    }
}

static bool add_payee(struct buf *body, const struct asking *asking, const struct payee_row *row)
{
    char id[PAYEE_MASK_MAX], name[PAYEE_MASK_MAX];
    struct payee payee = {.kind = PAYEE_OPENID};
    bool good = payee_unseal(&asking->api->wallet->people,
                             &asking->player,
                             row->payee.at,
                             row->payee.len,
                             row->name.at,
                             row->name.len,
                             &payee);

    payee_mask_id(&payee, id);
    payee_mask_name(&payee, name);
    buf_addc(body, '{');
    api_add_text(body, "provider", row->provider);
    buf_addc(body, ',');
    api_add_text(body, "kind", payee_kind_name(payee.kind));
    buf_addc(body, ',');
    api_add_text(body, "app_id", row->app_id);
    buf_addc(body, ',');
    api_add_text(body, "id", id);
    buf_addc(body, ',');
    if (name[0] == '\0') {
        buf_adds(body, "\"name\":null");
    } else {
        api_add_text(body, "name", name);
    }
    buf_addc(body, ',');
    api_add_time(body, "usable_from", row->usable_at_ms);
    buf_adds(body, row->usable_at_ms <= clock_wall_ms() ? ",\"usable\":true}" : ",\"usable\":false}");
    payee_wipe(&payee);
    return good;
}

static void payee_was_read(void *arg, hb_err err, const struct payee_row *row)
{
    struct payee_asking *asking = arg;
    const struct public_api *api = asking->asking.api;
    struct buf body;
    bool good = true;

    if (err != HB_OK) {
        http_call_problem(asking->asking.call, asking->wrote ? HB_E_UNSURE : err, NULL, NULL);
        return;
    }
    buf_init(&body, ANSWER_MAX_BYTES);
    buf_adds(&body, "{\"payee\":");
    if (row == NULL) {
        buf_adds(&body, "null");
    } else {
        good = add_payee(&body, &asking->asking, row);
    }
    buf_adds(&body, api->wallet->proof_required ? ",\"proof\":\"required\"," : ",\"proof\":\"off\",");
    api_add_sandbox(&body, api, row == NULL ? SANDBOX_UNKNOWN : row->sandbox);
    buf_addc(&body, '}');
    if (!good) {
        log_error("payee.unreadable", "why=\"people.key is not the one that it was sealed with\"");
        body.failed = true;
    }
    asking_reply(&asking->asking, 200, &body);
}
