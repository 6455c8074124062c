/* The bounds of the recorder on the page: what is kept, waits or is spent at most. */

/* ---- time ---- */
/** Of one slice of a flush. */
export const SLICE_MS = 5;
/** A flush that found no idle time runs then. */
export const DEADLINE_MS = 200;
/** Between two flushes; longer when the last one was long, so that flushing stays within 5 % of the time. */
export const GAP_MS = 50;
export const GAP_MAX_MS = 1000;
/** How long a small batch may wait for more. */
export const POST_MS = 200;
/** Of flushing in a second, over some seconds, before it is done less often. */
export const BUDGET_MS = 100;
export const BUDGET_TICKS = 2;

/* ---- batches ---- */
/** Words of one, characters of its strings, those on their way. */
export const BATCH_WORDS = 16384;
export const BATCH_CHARS = 1 << 18;
export const IN_FLIGHT = 4;
/** From here on a batch does not wait for more. */
export const LARGE_WORDS = 2048;
export const LARGE_CHARS = 1 << 14;
export const STRING_MAX = 1 << 20;
/** In a second, over some seconds, before it is done less often. */
export const BUDGET_BYTES = 1 << 20;

/* ---- what waits ---- */
/** Events without a buffer, and events on nodes not known yet. */
export const WAITING_MAX = 1000;
/** Rules that came or went. */
export const CHANGES_MAX = 30_000;

/* ---- style sheets ---- */
export const RULES_MAX = 30_000;
/** Sheets that one root adopts. */
export const ADOPTED_MAX = 1000;
/** Rules whose declarations the page has got hold of; of them, looked at in one go without a cause. */
export const HELD_MAX = 500;
export const DOUBTED = 100;
/** Groups round a rule. */
export const DEPTH_MAX = 12;
/** Characters of a rule in which values are looked for that browsers do not give back. */
export const RULE_TEXT_MAX = 1 << 17;
/** Sheets of one root that are looked at, and rules of one of them. */
export const SHEETS_MAX = 300;
export const COMPARED_MAX = 5000;
/** Characters of a style element that are parsed again in one go; of a sheet from the cache. */
export const PARSED_MAX = 50_000;
export const FETCHED_MAX = 2_000_000;

/* ---- fonts made by scripts ---- */
export const FONTS_MAX = 100;
/** Bytes of one that travel with the recording, and of all of them. */
export const FONT_MAX = 500_000;
export const FONTS_BYTES = 2_000_000;
