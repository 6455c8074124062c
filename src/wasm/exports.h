/* What JavaScript calls: two modules, each an instance behind web/widget/core.js. Statuses are enum
 * rv_status. Results lie at rv_out_ptr()/rv_out_len() until the next call; heap views must be made
 * anew after every call. In both:
 *
 *   uint32_t rv_abi(void)                              RV_ABI_HASH
 *   uint8_t *rv_alloc(uint32_t len), rv_free(p)        bytes for arguments, owned by the caller
 *   uint8_t *rv_out_ptr(void), uint32_t rv_out_len(void)
 *
 * rearview.wasm, the capture core (exports.c): always there, one core an instance.
 *
 *   int rv_start(void)                                 a new core, with the usual options
 *   int rv_option(option, double value) · int rv_pattern(p, len)
 *                                                      OPTION_*; on failure there is no core
 *   int rv_batch(words, words_len, strings, strings_len)
 *   void rv_drift(void)                                out = u32 ids, of the last batch
 *   uint32_t rv_join(host, flags, level)               a part; 0: none
 *   int rv_part(words, words_len, strings, strings_len, part, now_ms) · void rv_leave(part)
 *   void rv_restart(void)
 *   int rv_seal(now_ms, force) · int rv_tail(void)     tail: out = segment
 *   int rv_unsaved(void)                               out = segment, rv_key() its key; RV_END
 *   int rv_pack(key, p, len)                           its payload compressed; out = segment
 *   uint32_t rv_key(void) · uint32_t rv_oldest(void)
 *   int rv_load(p, len) · void rv_forget(void)
 *   int rv_window(double from, double to)              out = native stream, not yet cut
 *   double rv_from(void) · double rv_to(void)          of that window
 *   int rv_redacted(p, len)                            out = the text without secrets
 *   int rv_counters(void)                              out = u32[COUNTERS], by COUNTER_*
 *
 * rearview.tools.wasm (tools.c): fetched when something is due, thrown away after, as a heap never
 * shrinks. Works on native streams, so that it shares nothing with the core.
 *
 *   int rv_cut(stream, len, double from, double to)    out = native stream of just that window
 *   int rv_logs(stream, len, double from, double to)   out = JSON text: console_logs, network_logs, log_notes
 *   int rv_rrweb(stream, len)                          out = JSON text
 *   int rv_assets(stream, len)                         out = JSON array of the addresses that its replay fetches
 *   int rv_assets_sheet(css_p, len, base_p, base_len)  the same of a style sheet that came from the address base
 *   int rv_markup(stream, len)                         out = JSON of the document at the stream's end: markup.h
 *   int rv_png(pixels_p, width, height)                out = PNG
 *   int rv_fold_hash(stream_p, len, double at)         out = 4 bytes: hash of the document then (tests)
 */
#ifndef RV_EXPORTS_H
#define RV_EXPORTS_H
#endif
