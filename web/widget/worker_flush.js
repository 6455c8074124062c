/* Asking those who record for what they have seen so far. */

const FLUSH_MS = 1000;

export function createFlush() {
	/** @type {Map<number, () => void>} */
	const waiting = new Map();
	let last = 0;
	return {
		/** Resolves when `say` was answered, or too late. @param {(message: object) => void} say */
		ask: say => new Promise(resolve => {
			const id = ++last;
			const timer = setTimeout(() => waiting.get(id)?.(), FLUSH_MS);
			waiting.set(id, () => {
				clearTimeout(timer);
				waiting.delete(id);
				resolve(undefined);
			});
			say({t: 'flush', id});
		}),
		/** @param {number} id  of a `flushed` message */
		answered: id => waiting.get(id)?.(),
	};
}
