/* The number reader under cJSON in the Wasm build. */
#include "cjson_number.h"
#include <stdbool.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static double scale(double value, int exponent)
{
	double power = 10;
	bool down = exponent < 0;
	unsigned left = (unsigned)(down ? -exponent : exponent);

	if (left > 400)
		left = 400; /* beyond every double: infinity or zero */
	for (; left; left >>= 1, power *= power) {
		if (left & 1)
			value = down ? value / power : value * power;
	}
	return value;
}

double rv_cjson_number(const char *text, char **end)
{
	const char *at = text;
	bool minus = *at == '-', any = false;
	double value = 0;
	int exponent = 0;

	if (*at == '-' || *at == '+')
		at++;
	for (; is_digit(*at); at++, any = true)
		value = value * 10 + (*at - '0');
	if (*at == '.') {
		for (at++; is_digit(*at); at++, any = true) {
			value = value * 10 + (*at - '0');
			exponent--;
		}
	}
	if (!any) {
		*end = (char *)text;
		return 0;
	}
	if (*at == 'e' || *at == 'E') {
		const char *mark = at + 1;
		bool down = *mark == '-';
		int given = 0;

		if (*mark == '-' || *mark == '+')
			mark++;
		if (is_digit(*mark)) {
			for (; is_digit(*mark); mark++)
				given = given < 1000 ? given * 10 + (*mark - '0') : given;
			exponent += down ? -given : given;
			at = mark;
		}
	}
	*end = (char *)at;
	value = scale(value, exponent);
	return minus ? -value : value;
}
