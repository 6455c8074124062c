/* Milliseconds since the epoch record's wall clock, never going back. performance.now() stands still
 * while some systems sleep; `correct` catches up then. */

/** @typedef {ReturnType<typeof createClock>} Clock */

const ASLEEP_MS = 5000;

/** @param {import('../host/hub.js').Hub} hub */
export function createClock({native, origin}) {
	let base = 0;
	let offset = origin;
	let last = 0;
	return {
		/** Starts anew at that performance.now(). @param {number} at @returns {number} wall clock, ms */
		begin(at) {
			base = at;
			last = 0;
			return offset + at;
		},
		/** @returns {number} */
		now() {
			const t = native.now() - base;
			return last = t > last ? t >>> 0 : last;
		},
		/** The time of something earlier, given by its performance.now(). @param {number} at */
		past: at => Math.max(0, at - base) >>> 0,
		correct() {
			const ahead = native.date() - (offset + native.now());
			if (ahead < ASLEEP_MS) return;
			offset += ahead;
			base -= ahead;
		},
	};
}
