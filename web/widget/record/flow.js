/* When things are written down: after the frame, in slices, or at once when there is no later. */
import * as rv from 'rv:records';
import {DEADLINE_MS, GAP_MAX_MS, GAP_MS, IN_FLIGHT, POST_MS, SLICE_MS, WAITING_MAX} from './limits.js';

/** @typedef {ReturnType<typeof createFlow>} Flow */

/** A gap's share of the flush before it. */
const SHARE = 20;
const FLUSH_TRIES = 400;

/**
 * @param {object} ctx
 * @param {import('../host/hub.js').Hub} ctx.hub
 * @param {import('./encoder.js').Encoder} ctx.enc
 * @param {import('./clock.js').Clock} ctx.clock
 * @param {import('./ids.js').Ids} ctx.ids
 * @param {Map<(isAsked?: boolean) => void, unknown>} ctx.looks  what finds changes that nothing tells
 * @param {() => import('./tree.js').Tree} ctx.tree
 * @param {() => MutationRecord[][]} ctx.take  deliveries of mutation records not seen yet
 * @param {() => void} ctx.done  everything is written down
 */
export function createFlow({hub, enc, clock, ids, looks, tree, take, done}) {
	const {native, guard} = hub;
	let running = false;
	let scheduled = false;
	let last = 0;
	let gap = GAP_MS;
	/** What flushing took, and the least time between two flushes while the budget is broken. */
	const load = {ms: 0, gap: 0};
	let posted = 0;
	let isPosting = false;
	let lost = 0;
	/** Records that found no buffer, in order. @type {{t: number, words: number, write: () => void}[]} */
	let waiting = [];
	/** Events on nodes the stream does not know yet. @type {{node: Node, write: (id: number) => void}[]} */
	let unknown = [];
	/** @type {(() => void)[]} */
	let roomed = [];

	const isWorking = () => waiting.length > 0 || tree().isDirty();

	/** @param {number} ms @returns {() => boolean} */
	const until = ms => {
		const end = native.now() + ms;
		return () => native.now() > end;
	};

	/** @returns {boolean} */
	const drainWaiting = () => {
		let n = 0;
		for (; n < waiting.length; n++) {
			const {t, words, write} = waiting[n];
			if (!enc.open(words)) break;
			enc.stamp(t);
			hub.attempt(write);
		}
		waiting.splice(0, n);
		return waiting.length === 0;
	};

	/** @param {number} words @param {() => void} write @param {number} [at] performance.now() of what is told, now by default */
	const record = (words, write, at) => {
		if (!running) return;
		const t = at === undefined ? clock.now() : clock.past(at);
		if (waiting.length === 0 && enc.open(words)) {
			enc.stamp(t);
			write();
		} else if (waiting.length < WAITING_MAX) waiting.push({t, words, write});
		else lost++;
		schedule();
	};

	/** Sends what is written down; a little of it may wait for more. @param {boolean} isSoon */
	const post = isSoon => {
		const now = native.now();
		if (isSoon || enc.isLarge() || now - posted > POST_MS) {
			posted = now;
			enc.post();
		} else if (!isPosting) {
			isPosting = true;
			native.setTimeout(guard(() => {
				isPosting = false;
				if (running) post(true);
			}), POST_MS);
		}
	};

	/** One slice. @param {number} ms @param {boolean} isSoon everything is sent at once @returns {boolean} everything is written down */
	const slice = (ms, isSoon) => {
		if (!running) return true;
		const from = native.now();
		let all = false;
		hub.attempt(() => {
			const document = tree();
			take().forEach(document.collect);
			if (!drainWaiting()) return;
			enc.stamp(clock.now());
			all = document.work(until(ms));
			if (!all) return;
			const again = unknown;
			unknown = [];
			for (const {node, write} of again) {
				const id = native.isConnected(node) ? ids.live(node) : 0;
				if (id) write(id);
				else lost++;
			}
			done();
		});
		post(isSoon);
		last = native.now();
		load.ms += last - from;
		gap = Math.min(GAP_MAX_MS, Math.max(GAP_MS, load.gap, (last - from) * SHARE));
		return all;
	};

	const onIdle = guard(() => {
		scheduled = false;
		if (!slice(SLICE_MS, false) && isWorking()) again();
	});

	const idle = () => {
		if (native.idle) native.idle(onIdle, {timeout: DEADLINE_MS});
		else native.setTimeout(onIdle, 16);
	};

	/** More of the same flush: no gap. */
	const again = () => {
		if (scheduled || enc.flying() >= IN_FLIGHT) return; /* a returning buffer goes on */
		scheduled = true;
		idle();
	};

	const schedule = () => {
		if (scheduled || !running) return;
		scheduled = true;
		const rest = last + gap - native.now();
		if (rest > 1) native.setTimeout(idle, rest);
		else idle();
	};

	return {
		schedule, record, load,
		/** @param {string} kind @param {string} text */
		note: (kind, text) => record(4, () => enc.put(rv.REC_NOTE, 2, enc.name(kind), enc.text(text))),
		/** @param {boolean} on */
		run(on) {
			running = on;
			if (!on) {
				waiting = [];
				unknown = [];
			}
		},
		isRunning: () => running,
		/** The time of a record that is about to be written by hand. */
		stamp: () => enc.stamp(clock.now()),
		/**
		 * An event on a node: at once when the stream knows it; a person's own makes the stream know it.
		 * @param {any} node @param {boolean} isTrusted @param {number} words @param {(id: number) => void} write
		 */
		onNode(node, isTrusted, words, write) {
			if (!running || !node || !native.isConnected(node)) return;
			let id = ids.live(node);
			if (!id && isTrusted && waiting.length === 0) {
				enc.stamp(clock.now());
				take().forEach(tree().collect);
				id = tree().reach(node, until(SLICE_MS));
			}
			if (id) record(words, () => ids.alive(id) && write(id));
			else if (unknown.length < WAITING_MAX) {
				unknown.push({node, write: found => record(words, () => write(found))});
				schedule();
			} else lost++;
		},
		/** Writes down as much as the time allows, now. @param {number} ms */
		force(ms) {
			slice(ms, true);
		},
		/** Everything until now is written down and posted, slice by slice: what is known, and what only a look finds. */
		async flush() {
			for (const look of [() => {}, ...looks.keys()]) {
				look(true);
				for (let i = 0; i < FLUSH_TRIES && running && !slice(SLICE_MS, true); i++) {
					await new Promise(next => {
						if (enc.flying() >= IN_FLIGHT) roomed.push(() => next(undefined));
						else native.setTimeout(next, 0);
					});
				}
			}
		},
		/** A buffer came back. */
		onRoom() {
			const all = roomed;
			roomed = [];
			for (const next of all) next();
			if (running && isWorking()) again();
		},
		lost: () => lost,
	};
}
