/* The core's insides, for core*.c alone.
 *
 *   batch ─▶ mask ─▶ scrub ─▶ mirror, open segment ─▶ (seal) ─▶ ring ─▶ (evict)
 *
 * A page is one epoch: everything that a batch may change and that must be as before when it fails. */
#ifndef RV_CORE_PRIV_H
#define RV_CORE_PRIV_H
#include "arena.h"
#include "batch.h"
#include "core.h"
#include "mask.h"
#include "options.h"
#include "redact.h"
#include "ring.h"
#include "segment.h"

enum {
	RV_CORE_LEVEL_SEGMENT = 6, RV_CORE_LEVEL_CHECKPOINT = 4, RV_CORE_LEVEL_TAIL = 3, /* zlib */
	RV_CORE_ARENA_MAX = 192 << 20,   /* an inflated segment, its string table, one batch */
	RV_CORE_TEXT_MAX = 48 << 20,     /* a document must fit a checkpoint: RV_SEGMENT_RAW_MAX */
	RV_CORE_RUN_MAX = 1024,          /* segments between two checkpoints */
	RV_CORE_CLOCK_BACK_MS = 60000,   /* a clock set back further ends the window */
	RV_CORE_NUMBER_MAX = 0x7fffffff, /* keys and epochs from outside */
	RV_CORE_PARTS_MAX = 8,
	RV_PART_IDS = 1 << 22,           /* ids of a part, its own 0 included */
	RV_PART_NODES_MAX = 30000, RV_PART_BYTES_MAX = 4 << 20 /* of the document that is a part's */
};

/* The document of a frame of another origin, which an encoder of its own describes: a stream beside the
 * page's, with its own sequence and strings. Its ids n stand for base + n, above all of the page's. */
struct rv_part {
	struct rv_intern *intern; /* NULL: free */
	uint32_t handle, base, host;
	uint32_t document;        /* its id, 0 until it came */
	uint32_t flags;           /* EL_MASK when the host's text is masked */
	enum rv_level level;
	bool begun;
	double wall_ms;           /* of its own epoch */
	uint32_t sheets;          /* its largest sheet id */
	uint32_t nodes;           /* in the document now, and */
	size_t bytes;             /* memory of it, approximately */
};

struct rv_page {
	struct rv_mirror *mirror;
	struct rv_segment_writer *open;
	struct rv_mask mask;
	double wall_ms;
	uint32_t last_ms; /* time of the page's own last record; those of its parts may be later */
	uint32_t number; /* of the epoch, 0: no page yet */
	uint32_t key;    /* of the open segment */
	bool open_anchor;     /* the open segment holds the epoch record */
	bool clock_back;      /* what is in the ring lies in this page's future */
	bool folded;          /* the mirror was folded anew: which values were changed on the way in is forgotten */
	/* Since the last anchor of this page. */
	double anchor_wall_ms;
	size_t run_bytes, checkpoint_bytes;
	uint32_t run_segments;
};

struct rv_core {
	struct rv_options options;
	struct rv_redact redact;
	struct rv_intern *intern;
	struct rv_arena arena;
	struct rv_ring ring;
	struct rv_page page;      /* page.mirror is never NULL */
	struct rv_part parts[RV_CORE_PARTS_MAX];
	uint32_t n_parts;         /* that there have been */
	struct rv_buf drift;      /* node ids, u32le, that the last batch's checks found different */
	struct rv_mirror *loading; /* the document of the loaded segments so far */
	bool loading_sound;        /* it is whole: a segment may go on from it */
	double loading_wall_ms;    /* of its page */
	uint32_t epochs;          /* the last epoch number seen */
	bool need_epoch;          /* the next record must begin a page */
	double now_wall_ms;       /* the latest time known */
	struct rv_buf scratch;    /* the sealed open segment */
	uint32_t batches, records, rejected, order_violations, resyncs, snapshots;
};

/* core.c */
/* Masks, redacts, applies and stores one record, or leaves everything as it was. */
enum rv_status rv_core_record(struct rv_core *core, struct rv_page *page, struct rv_rec *rec) RV_MUST_USE;
/* After a batch: the time it is, and sealing when that is due. */
void rv_core_after(struct rv_core *core);

/* core_part.c */
/* The part ends, and its document with it: records that say so go to the page. */
void rv_part_end(struct rv_core *core, struct rv_part *part, uint32_t t_ms);
/* The element shows another document now: the page's own, or that of the part `to`. */
void rv_core_parts_yield(struct rv_core *core, uint32_t host, const struct rv_part *to, uint32_t t_ms);
/* All parts are over; there is no document to take them out of. */
void rv_core_parts_drop(struct rv_core *core);

/* core_store.c */
enum rv_status rv_page_init(struct rv_page *page, enum rv_level level) RV_MUST_USE;
void rv_page_deinit(struct rv_page *page);
/* Begins an empty open segment. */
void rv_page_begin(struct rv_page *page);
/* Seals what is open into the ring; a page that goes on gets a checkpoint if one is due. */
enum rv_status rv_core_seal_open(struct rv_core *core, bool goes_on) RV_MUST_USE;
bool rv_core_seal_due(const struct rv_core *core, uint32_t now_ms);
/* The document of the page once more, from the ring and the open segment. */
enum rv_status rv_core_rebuild(struct rv_core *core) RV_MUST_USE;
/* Seals a copy of the open segment into scratch: RV_NOT_FOUND when nothing is open. */
enum rv_status rv_core_scratch(struct rv_core *core, int level) RV_MUST_USE;
double rv_page_last_wall_ms(const struct rv_page *page);

#endif
