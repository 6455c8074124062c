#define _GNU_SOURCE
#include "store.h"
#include "clock.h"
#include "store_db.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	READERS = 4,
	COMMIT_MAX = 32,                    /* writes in one commit */
	QUEUE_MAX = 8192,                   /* writes waiting */
	CHECKPOINT_PAGES = 1000,
	FREE_BYTES_MIN = 16 << 20,          /* below that the disk counts as full for readiness */
	FAILURE_SHOWS_MS = 5000             /* so long after a failed commit the store is not ready */
};
static const size_t queue_max_bytes = (size_t)256 << 20;

struct rv_store {
	char *dir, *path;

	pthread_t writer;
	bool writer_started;
	struct rv_db write_db;
	pthread_mutex_t queue_lock;
	pthread_cond_t queue_filled;
	struct rv_write *queue_head, **queue_tail;
	size_t queue_length, queue_bytes;
	bool closing;
	uint64_t commits, writes, failures;  /* under queue_lock */
	int64_t last_failure_ms;             /* monotonic, 0: none */

	pthread_mutex_t read_lock;
	pthread_cond_t read_free;
	struct rv_db readers[READERS];
	bool reader_taken[READERS];
	unsigned n_readers;

	pthread_t checkpointer;
	bool checkpointer_started;
	struct rv_db checkpoint_db;
	pthread_mutex_t checkpoint_lock;
	pthread_cond_t checkpoint_due;
	bool checkpoint_wanted, checkpoint_closing;
};

/* ---- writer ---- */

static enum rv_status run_batch(struct rv_store *store, struct rv_write *batch)
{
	struct rv_db *db = &store->write_db;
	enum rv_status status = rv_db_run(rv_db_statement(db, "BEGIN IMMEDIATE"));
	if (status != RV_OK)
		return status;
	for (struct rv_write *write = batch; write && status == RV_OK; write = write->next) {
		status = rv_db_run(rv_db_statement(db, "SAVEPOINT one"));
		if (status != RV_OK)
			break;
		write->status = write->run(db, write);
		/* SQLite itself gives up the whole transaction on a full disk and the like. */
		if (sqlite3_get_autocommit(db->sql))
			return write->status == RV_OK ? RV_IO : write->status;
		if (write->status != RV_OK)
			status = rv_db_run(rv_db_statement(db, "ROLLBACK TO one"));
		if (status == RV_OK)
			status = rv_db_run(rv_db_statement(db, "RELEASE one"));
	}
	if (status == RV_OK)
		status = rv_db_run(rv_db_statement(db, "COMMIT"));
	if (status != RV_OK && !sqlite3_get_autocommit(db->sql)) {
		enum rv_status undone = rv_db_run(rv_db_statement(db, "ROLLBACK"));
		(void)undone; /* a failed rollback leaves nothing committed either; the next BEGIN tells */
	}
	return status;
}

static void *writer_main(void *user)
{
	struct rv_store *store = user;
	for (;;) {
		pthread_mutex_lock(&store->queue_lock);
		while (!store->queue_head && !store->closing)
			pthread_cond_wait(&store->queue_filled, &store->queue_lock);
		struct rv_write *batch = store->queue_head, *last = batch;
		if (!batch) {
			pthread_mutex_unlock(&store->queue_lock);
			return NULL;
		}
		unsigned n = 1;
		size_t bytes = last->bytes;
		for (; last->next && n < COMMIT_MAX; n++) {
			last = last->next;
			bytes += last->bytes;
		}
		store->queue_head = last->next;
		if (!store->queue_head)
			store->queue_tail = &store->queue_head;
		last->next = NULL;
		store->queue_length -= n;
		pthread_mutex_unlock(&store->queue_lock);

		enum rv_status committed = run_batch(store, batch);

		pthread_mutex_lock(&store->queue_lock);
		store->queue_bytes -= bytes;
		store->commits++;
		store->writes += n;
		store->failures += committed != RV_OK;
		if (committed != RV_OK)
			store->last_failure_ms = rv_clock_mono_ms();
		pthread_mutex_unlock(&store->queue_lock);
		while (batch) {
			struct rv_write *next = batch->next;
			batch->finish(batch, committed != RV_OK ? committed : batch->status);
			batch = next;
		}
	}
}

static bool enqueue(struct rv_store *store, struct rv_write *write)
{
	write->next = NULL;
	write->status = RV_OK;
	pthread_mutex_lock(&store->queue_lock);
	bool room = !store->closing && store->queue_length < QUEUE_MAX && store->queue_bytes + write->bytes <= queue_max_bytes;
	if (room) {
		*store->queue_tail = write;
		store->queue_tail = &write->next;
		store->queue_length++;
		store->queue_bytes += write->bytes;
		pthread_cond_signal(&store->queue_filled);
	}
	pthread_mutex_unlock(&store->queue_lock);
	return room;
}

void rv_store_write(struct rv_store *store, struct rv_write *write)
{
	if (!enqueue(store, write))
		write->finish(write, RV_FULL);
}

/* One waits at a time for each write, so a lock and a condition of its own are cheap enough. */
struct waiting {
	struct rv_write outer;
	struct rv_write *inner;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
	enum rv_status status;
};

static enum rv_status waiting_run(struct rv_db *db, struct rv_write *write)
{
	struct rv_write *inner = ((struct waiting *)write)->inner;
	return inner->run(db, inner);
}

static void waiting_finish(struct rv_write *write, enum rv_status status)
{
	struct waiting *waiting = (struct waiting *)write;
	pthread_mutex_lock(&waiting->lock);
	waiting->status = status;
	waiting->over = true;
	pthread_cond_signal(&waiting->ended);
	pthread_mutex_unlock(&waiting->lock);
}

enum rv_status rv_store_write_wait(struct rv_store *store, struct rv_write *write)
{
	struct waiting waiting = {
		.outer = {.run = waiting_run, .finish = waiting_finish, .bytes = write->bytes},
		.inner = write, .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER,
	};
	if (!enqueue(store, &waiting.outer))
		return RV_FULL;
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.over)
		pthread_cond_wait(&waiting.ended, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	pthread_mutex_destroy(&waiting.lock);
	pthread_cond_destroy(&waiting.ended);
	return waiting.status;
}

/* ---- readers ---- */

struct rv_db *rv_store_read(struct rv_store *store)
{
	pthread_mutex_lock(&store->read_lock);
	for (;;) {
		for (unsigned i = 0; i < store->n_readers; i++)
			if (!store->reader_taken[i]) {
				store->reader_taken[i] = true;
				pthread_mutex_unlock(&store->read_lock);
				return &store->readers[i];
			}
		pthread_cond_wait(&store->read_free, &store->read_lock);
	}
}

void rv_store_read_end(struct rv_store *store, struct rv_db *db)
{
	pthread_mutex_lock(&store->read_lock);
	store->reader_taken[db - store->readers] = false;
	pthread_cond_signal(&store->read_free);
	pthread_mutex_unlock(&store->read_lock);
}

/* ---- checkpoints: on a connection and a thread of their own, so that no commit waits for one ---- */

static int on_wal(void *user, sqlite3 *sql, const char *name, int pages)
{
	struct rv_store *store = user;
	if (pages >= CHECKPOINT_PAGES) {
		pthread_mutex_lock(&store->checkpoint_lock);
		store->checkpoint_wanted = true;
		pthread_cond_signal(&store->checkpoint_due);
		pthread_mutex_unlock(&store->checkpoint_lock);
	}
	return SQLITE_OK;
}

static void *checkpointer_main(void *user)
{
	struct rv_store *store = user;
	for (;;) {
		pthread_mutex_lock(&store->checkpoint_lock);
		while (!store->checkpoint_wanted && !store->checkpoint_closing)
			pthread_cond_wait(&store->checkpoint_due, &store->checkpoint_lock);
		bool closing = store->checkpoint_closing;
		store->checkpoint_wanted = false;
		pthread_mutex_unlock(&store->checkpoint_lock);
		if (closing)
			return NULL;
		sqlite3_wal_checkpoint_v2(store->checkpoint_db.sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
}

/* ---- open and close ---- */

static enum rv_status prepare_dir(struct rv_store *store, struct rv_buf *error)
{
	const char *what = NULL;
	if (mkdir(store->dir, 0700) != 0 && errno != EEXIST)
		what = "cannot be made";
	else if (access(store->dir, R_OK | W_OK | X_OK) != 0)
		what = "is not writable";
	else {
		/* Made here, not by SQLite, so that nobody else can read it. */
		int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			what = "is not writable";
		else
			close(fd);
	}
	if (!what)
		return RV_OK;
	rv_buf_str(error, "The data directory ");
	rv_buf_str(error, store->dir);
	rv_buf_str(error, " ");
	rv_buf_str(error, what);
	rv_buf_str(error, ": ");
	rv_buf_str(error, strerror(errno));
	rv_buf_str(error, ".");
	return RV_IO;
}

enum rv_status rv_store_open(const char *dir, struct rv_store **out, struct rv_buf *error)
{
	*out = NULL;
	struct rv_store *store = calloc(1, sizeof *store);
	if (!store)
		return RV_MEMORY;
	pthread_mutex_init(&store->queue_lock, NULL);
	pthread_cond_init(&store->queue_filled, NULL);
	pthread_mutex_init(&store->read_lock, NULL);
	pthread_cond_init(&store->read_free, NULL);
	pthread_mutex_init(&store->checkpoint_lock, NULL);
	pthread_cond_init(&store->checkpoint_due, NULL);
	store->queue_tail = &store->queue_head;
	enum rv_status status = RV_MEMORY;
	store->dir = strdup(dir);
	if (!store->dir || asprintf(&store->path, "%s/rearview.db", dir) < 0) {
		store->path = NULL;
		goto failed;
	}
	status = prepare_dir(store, error);
	if (status == RV_OK)
		status = rv_db_open(store->path, false, &store->write_db, error);
	if (status == RV_OK)
		status = rv_db_migrate(&store->write_db, error);
	if (status == RV_OK)
		status = rv_db_open(store->path, false, &store->checkpoint_db, error);
	while (status == RV_OK && store->n_readers < READERS) {
		status = rv_db_open(store->path, true, &store->readers[store->n_readers], error);
		store->n_readers += status == RV_OK;
	}
	if (status != RV_OK)
		goto failed;
	sqlite3_wal_hook(store->write_db.sql, on_wal, store);
	status = RV_MEMORY;
	if (pthread_create(&store->writer, NULL, writer_main, store) != 0)
		goto failed;
	store->writer_started = true;
	if (pthread_create(&store->checkpointer, NULL, checkpointer_main, store) != 0)
		goto failed;
	store->checkpointer_started = true;
	*out = store;
	return RV_OK;
failed:
	if (error->len == 0)
		rv_buf_str(error, "The store cannot be opened: out of memory or threads.");
	rv_store_close(store);
	return status;
}

void rv_store_close(struct rv_store *store)
{
	if (!store)
		return;
	pthread_mutex_lock(&store->queue_lock);
	store->closing = true;
	pthread_cond_signal(&store->queue_filled);
	pthread_mutex_unlock(&store->queue_lock);
	if (store->writer_started)
		pthread_join(store->writer, NULL);
	pthread_mutex_lock(&store->checkpoint_lock);
	store->checkpoint_closing = true;
	pthread_cond_signal(&store->checkpoint_due);
	pthread_mutex_unlock(&store->checkpoint_lock);
	if (store->checkpointer_started)
		pthread_join(store->checkpointer, NULL);
	for (unsigned i = 0; i < store->n_readers; i++)
		rv_db_close(&store->readers[i]);
	rv_db_close(&store->checkpoint_db);
	rv_db_close(&store->write_db);
	pthread_mutex_destroy(&store->queue_lock);
	pthread_cond_destroy(&store->queue_filled);
	pthread_mutex_destroy(&store->read_lock);
	pthread_cond_destroy(&store->read_free);
	pthread_mutex_destroy(&store->checkpoint_lock);
	pthread_cond_destroy(&store->checkpoint_due);
	free(store->path);
	free(store->dir);
	free(store);
}

enum rv_status rv_store_ready(struct rv_store *store)
{
	struct statvfs disk;
	if (statvfs(store->dir, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < FREE_BYTES_MIN)
		return RV_FULL;
	pthread_mutex_lock(&store->queue_lock);
	bool busy = store->queue_length >= QUEUE_MAX || (store->last_failure_ms && rv_clock_mono_ms() - store->last_failure_ms < FAILURE_SHOWS_MS);
	pthread_mutex_unlock(&store->queue_lock);
	if (busy)
		return RV_FULL;
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *statement = rv_db_statement(db, "SELECT 1 FROM workspaces LIMIT 1");
	enum rv_status status = rv_db_run(statement);
	rv_store_read_end(store, db);
	return status;
}

static void metric(struct rv_buf *out, const char *name, const char *type, uint64_t value)
{
	rv_buf_str(out, "# TYPE ");
	rv_buf_str(out, name);
	rv_buf_str(out, type);
	rv_buf_str(out, name);
	rv_buf_str(out, " ");
	rv_buf_dec(out, value);
	rv_buf_str(out, "\n");
}

void rv_store_metrics(struct rv_store *store, struct rv_buf *out)
{
	pthread_mutex_lock(&store->queue_lock);
	uint64_t commits = store->commits, writes = store->writes, failures = store->failures, queued = store->queue_length;
	pthread_mutex_unlock(&store->queue_lock);
	metric(out, "rearview_store_commits_total", " counter\n", commits);
	metric(out, "rearview_store_writes_total", " counter\n", writes);
	metric(out, "rearview_store_commit_failures_total", " counter\n", failures);
	metric(out, "rearview_store_queued_writes", " gauge\n", queued);
}
