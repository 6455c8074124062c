/* The logs of the early hooks, as records. Equal console lines in a row are counted, not repeated. */
import * as rv from 'rv:records';

const STACK_MAX = 4000;
/** Entries a second before the rest is only counted. */
const RATE = 200;

/** @param {import('../recorder.js').Ctx} ctx */
export function observeLogs({hub, enc, clock, flow, config}) {
	const isConsole = config?.capture?.console !== false;
	const isNetwork = config?.capture?.network !== false;
	/** The last console line, not yet written. @type {{at: number, level: number, args: string[], stack: string, count: number, key: string} | null} */
	let held = null;
	let second = 0;
	let inSecond = 0;
	let skipped = 0;

	const write = () => {
		const line = held;
		if (!line) return;
		held = null;
		flow.record(line.args.length + 6, () => {
			enc.begin(rv.REC_CONSOLE);
			enc.word(line.level);
			enc.word(line.count);
			enc.word(enc.text(line.stack ? line.stack.slice(0, STACK_MAX) : null));
			for (const arg of line.args) enc.word(enc.text(arg));
			enc.end();
		}, line.at);
	};

	/** @param {number} t */
	const isFlood = t => {
		if (t - second > 1000) {
			second = t;
			inSecond = 0;
			const count = skipped;
			skipped = 0;
			if (count) flow.record(4, () => enc.put(rv.REC_NOTE, 2, enc.name('logs_skipped'), enc.text(`${count}`)));
		}
		if (++inSecond <= RATE) return false;
		skipped++;
		return true;
	};

	hub.drain(hub.guard(([t, what, ...rest]) => {
		if (what === 'console') {
			if (!isConsole) return;
			const [level, args, stack] = rest;
			const key = `${level}${args.join('\u0000')}`;
			if (held?.key === key) {
				held.count++;
				return;
			}
			write();
			if (isFlood(t)) return;
			held = {at: t, level, args, stack, count: 1, key};
			flow.schedule();
			return;
		}
		write();
		if (isFlood(t)) return;
		if (what === 'error') {
			const [kind, message, source, line, column, stack] = rest;
			flow.record(8, () => enc.put(rv.REC_ERROR, 6, kind, enc.text(message), enc.text(source || null), line, column, enc.text(stack ? stack.slice(0, STACK_MAX) : null)), t);
			if (kind !== rv.ERROR_RESOURCE) flow.force(5);
		} else if (isNetwork) {
			const [kind, request, method, url, status, start, duration, sent, received, type, error] = rest;
			const from = clock.past(start);
			flow.record(13, () => {
				enc.begin(rv.REC_NETWORK);
				for (const word of [kind, request, enc.name(method), enc.text(url), status, from, Math.round(duration), sent, received, enc.name(type || null), enc.text(error || null)]) enc.word(word);
				enc.end();
			}, t);
		}
	}));
	return {write, stop: () => hub.drain(null)};
}
