/* Names that say their value is a secret. Compared without case, separators and %XX escapes, so
 * `X-Amz-Signature`, `accessToken`, `client_secret` and `user%5Bpassword%5D` are all found, and
 * `monkey`, `keyboard`, `max_tokens`, `country_code`, `design` are not. Pure functions. */
#ifndef RV_SECRET_H
#define RV_SECRET_H
#include "span.h"

enum rv_secret {        /* in rising order */
	RV_SECRET_NO,
	RV_SECRET_QUERY,  /* in an address's query: key, code, session, auth, sig … */
	RV_SECRET_FIELD,  /* also as name=value and "name": value: token, signature, session_id … */
	RV_SECRET_PROSE,  /* also as name: value in prose: password, secret, api_key … */
	RV_SECRET_LINE    /* a header whose whole line is secret: authorization, cookie */
};

enum rv_secret rv_secret_name(struct rv_span name);
/* Autocomplete tokens of fields that are never read: passwords, one-time codes, cards. */
bool rv_secret_autocomplete(struct rv_span value);

#endif
