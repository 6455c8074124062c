/* What the worker calls. Statuses are enum rv_status. Results lie at rv_out_ptr()/rv_out_len() until
 * the next call; heap views must be made anew after every call. One core per instance.
 *
 *   uint32_t rv_abi(void)                              RV_ABI_HASH
 *   uint8_t *rv_alloc(uint32_t len), rv_free(p)        bytes for arguments, owned by the caller
 *   uint8_t *rv_out_ptr(void), uint32_t rv_out_len(void)
 *   int rv_start(p, len)                               options JSON; out: error text on failure
 *   int rv_batch(words, words_len, strings, strings_len)
 *   void rv_restart(void)
 *   int rv_seal(now_ms, force) · int rv_tail(void)     tail: out = segment
 *   int rv_unsaved(void)                               out = segment, rv_key() its key; RV_END
 *   uint32_t rv_key(void) · uint32_t rv_oldest(void)
 *   int rv_load(p, len) · void rv_forget(void)
 *   int rv_export(double from, double to)              out = native stream
 *   int rv_rrweb(double from, double to)               out = JSON text
 *   int rv_logs(double from, double to)                out = JSON text
 *   int rv_redacted(p, len)                            out = the text without its secrets
 *   int rv_counters(void)                              out = JSON text
 *   int rv_markup(width, height, root_font_milli, background_p, background_len, cull_p, n_cull)
 *                                                      cull: u32 triples node,width,height; background_p 0: none;
 *                                                      out = JSON array of [address, base]
 *   int rv_markup_resource(index, data_p, data_len)    data: a data: URL
 *   int rv_markup_svg(void)                            out = SVG text; ends the markup
 *   int rv_png(pixels_p, width, height)                out = PNG; usable without rv_start
 *   int rv_fold_hash(stream_p, len, double at)         out = 4 bytes: hash of the document then (tests)
 */
#ifndef RV_EXPORTS_H
#define RV_EXPORTS_H
#endif
