/* The console: what the page logs, as text, at the moment it is logged. */
import * as rv from 'rv:records';

const METHODS = {
	log: rv.LEVEL_LOG, debug: rv.LEVEL_DEBUG, info: rv.LEVEL_INFO, warn: rv.LEVEL_WARN,
	error: rv.LEVEL_ERROR, trace: rv.LEVEL_TRACE, assert: rv.LEVEL_ASSERT,
};

/** @param {import('./hub.js').Hub} hub @param {import('./stringify.js').Stringify} stringify */
export function hookConsole(hub, stringify) {
	const {console} = hub.win;
	let inside = false;
	for (const [name, level] of Object.entries(METHODS)) {
		hub.patcher.method(console, name, (_self, args) => {
			if (inside || (level === rv.LEVEL_ASSERT && args[0])) return;
			inside = true;
			try {
				const all = level === rv.LEVEL_ASSERT ? args.slice(1) : args;
				const stack = level === rv.LEVEL_ERROR || level >= rv.LEVEL_TRACE ? callers(stringify.stackOf(new Error())) : '';
				hub.log('console', level, stringify.args(all), stack);
			} finally {
				inside = false;
			}
		});
	}
}

/** The stack without the frames of this recorder. @param {string} stack */
const callers = stack => stack.split('\n').filter(line => !/\/rearview(\.recorder)?\.m?js/.test(line) && line !== 'Error').join('\n');
