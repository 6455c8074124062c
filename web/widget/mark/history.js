/* Undo and redo over states that never change. */

const STEPS_MAX = 200;

/** @template S @param {S} first */
export function createHistory(first) {
	/** @type {S[]} */
	let states = [first];
	let at = 0;
	let last = '';
	return {
		now: () => states[at],
		/** @param {S} state @param {string} [key]  steps with the same key one after the other are one */
		push(state, key = '') {
			const isSame = key !== '' && key === last && at > 0;
			states = [...states.slice(isSame || at < STEPS_MAX ? 0 : 1, isSame ? at : at + 1), state];
			at = states.length - 1;
			last = key;
		},
		/** @param {-1 | 1} step @returns {boolean} */
		go(step) {
			last = '';
			if (!states[at + step]) return false;
			at += step;
			return true;
		},
		/** @param {-1 | 1} step */
		can: step => at + step in states,
	};
}
