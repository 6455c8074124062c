/* What an asset of a recording may be: pictures, fonts, SVG and style sheets, told by their bytes. */
#ifndef RV_ASSET_TYPE_H
#define RV_ASSET_TYPE_H
#include "span.h"

enum { RV_ASSET_BYTES_MAX = 2 << 20 };

/* The media type to serve it with, NULL for anything else. declared: what the sender calls it, NULL if
 * nothing; only a style sheet, which has no mark of its own, depends on it. Never HTML or a script. Pure. */
const char *rv_asset_type(struct rv_span file, const char *declared);

#endif
