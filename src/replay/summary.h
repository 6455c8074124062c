/* What a native stream holds, for the report: the collector trusts this, not the sender.
 * Walks and folds the whole stream, so it is also the check that a stream is sound. */
#ifndef RV_SUMMARY_H
#define RV_SUMMARY_H
#include "json.h"
#include "mirror.h"

/* Writes {"from","to" (ms since 1970), "pages":[{"at","url","width","height"}], "notes":[{"at","kind","text"}],
 * "marks":[{"at","kind":"error|click|console|network|navigate","text"}] (at most 2,000),
 * "records","epochs","resyncs","order_violations"} as one JSON object. Texts are cut at 200 bytes.
 * order_violations counts the records that the mirror refused, for whatever reason; past 10,000 of
 * them the stream is RV_BAD. Nothing sensible is in json on failure. */
enum rv_status rv_summary_json(struct rv_span stream, struct rv_json *json) RV_MUST_USE;

#endif
