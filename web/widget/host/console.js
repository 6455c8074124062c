/* The console: what the page logs, as text, at the moment it is logged. Equal lines in a row are counted.
 * Timers and counters are told on; observe/console.js knows what they say. */
import * as rv from 'rv:records';

const LEVELS = {
	log: rv.LEVEL_LOG, debug: rv.LEVEL_DEBUG, info: rv.LEVEL_INFO, warn: rv.LEVEL_WARN, error: rv.LEVEL_ERROR,
	trace: rv.LEVEL_TRACE, assert: rv.LEVEL_ASSERT, group: rv.LEVEL_GROUP, groupCollapsed: rv.LEVEL_GROUP_COLLAPSED,
	groupEnd: rv.LEVEL_GROUP_END, table: rv.LEVEL_TABLE, dir: rv.LEVEL_DIR, dirxml: rv.LEVEL_DIR, clear: rv.LEVEL_CLEAR,
};

/** @param {import('./hub.js').Hub} hub @param {import('./stringify.js').Stringify} stringify */
export function hookConsole(hub, stringify) {
	const {console} = hub.win;
	let inside = false;
	/** The last line. */
	let lastKey = '';
	for (const [name, level] of Object.entries(LEVELS)) {
		hub.patcher.method(console, name, (_self, args) => {
			const isAssert = level === rv.LEVEL_ASSERT;
			if (inside || (isAssert && args[0]) || hub.isFull()) return;
			inside = true;
			try {
				const texts = level === rv.LEVEL_TABLE && hub.table?.(args, stringify) || stringify.args(isAssert ? args.slice(1) : args);
				const key = level + texts.join('\0');
				const {tail} = hub;
				if (key === lastKey && tail?.[5]) tail[5]++;
				else {
					lastKey = key;
					hub.log('console', level, texts, level === rv.LEVEL_ERROR || level === rv.LEVEL_TRACE || isAssert ? callers(stringify.stackOf(new Error())) : '', 1);
				}
			} finally {
				inside = false;
			}
		});
	}
	for (const name of ['time', 'timeLog', 'timeEnd', 'count', 'countReset']) hub.patcher.method(console, name, (_self, args) => hub.note(name, stringify, args));
}

/** The stack without the frames of this recorder. @param {string} stack */
const callers = stack => stack.split('\n').filter(line => !/\/rearview(\.recorder)?\.m?js/.test(line) && line !== 'Error').join('\n');
