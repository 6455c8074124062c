/* Secret names. */
#include "secret.h"
#include "words.h"

enum { NAME_MAX = 64 };

/* The whole name. */
static const char QUERY[] = "key code session auth sig sid pw pin ticket hmac csrf xsrf samlresponse assertion ";
static const char FIELD[] = "pwd pass otp totp cvv cvv2 cvc csc ssn jwt ";
static const char LINE[] = "authorization proxyauthorization cookie setcookie ";
/* What a name may end with. */
static const char FIELD_ENDING[] =
	"token sessionid sessid sessionkey signature credential credentials accesskeyid accesscode authcode "
	"authorizationcode verificationcode resetcode securitycode onetimecode cardnumber ";
static const char PROSE_ENDING[] =
	"secret password passwd passphrase passcode apikey accesskey secretkey privatekey authkey accountkey "
	"sharedkey signingkey encryptionkey ";
static const char NEVER_READ[] = "onetimecode currentpassword newpassword ";

static bool is_hex(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'f');
}

/* Lower-case letters and digits of the last NAME_MAX bytes. */
static struct rv_span normalise(struct rv_span name, uint8_t out[NAME_MAX])
{
	size_t i = name.len > NAME_MAX ? name.len - NAME_MAX : 0, n = 0;

	for (; i < name.len; i++) {
		uint8_t byte = name.ptr[i];

		if (byte == '%' && i + 2 < name.len && is_hex(name.ptr[i + 1]) && is_hex(name.ptr[i + 2])) {
			i += 2;
			continue;
		}
		if (byte >= 'A' && byte <= 'Z')
			byte |= 0x20;
		if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
			out[n++] = byte;
	}
	return rv_span(out, n);
}

enum rv_secret rv_secret_name(struct rv_span name)
{
	uint8_t bytes[NAME_MAX];
	struct rv_span text;

	if (!name.ptr)
		return RV_SECRET_NO;
	text = normalise(name, bytes);
	if (rv_words_have(LINE, text))
		return RV_SECRET_LINE;
	if (rv_words_end(PROSE_ENDING, text))
		return RV_SECRET_PROSE;
	if (rv_words_have(FIELD, text) || rv_words_end(FIELD_ENDING, text))
		return RV_SECRET_FIELD;
	return rv_words_have(QUERY, text) ? RV_SECRET_QUERY : RV_SECRET_NO;
}

bool rv_secret_autocomplete(struct rv_span value)
{
	uint8_t bytes[NAME_MAX];
	size_t i = 0, from;

	while (i < value.len) {
		struct rv_span word;

		for (; i < value.len && value.ptr[i] <= ' '; i++)
			;
		for (from = i; i < value.len && value.ptr[i] > ' '; i++)
			;
		word = rv_span(value.ptr + from, i - from);
		if (word.len >= 3 && (word.ptr[0] | 0x20) == 'c' && (word.ptr[1] | 0x20) == 'c' && word.ptr[2] == '-')
			return true;
		if (rv_words_have(NEVER_READ, normalise(word, bytes)))
			return true;
	}
	return false;
}
