/* The logs of the early hooks, as records. */
import * as rv from 'rv:records';

const STACK_MAX = 4000;

/** @param {import('../recorder.js').Ctx} ctx */
export function observeLogs({hub, enc, flow, config}) {
	const isConsole = config?.capture?.console !== false;
	/** The last console line, not yet written. @type {any[] | null} */
	let held = null;

	const write = () => {
		const line = held;
		held = null;
		if (line) {
			const [t, , level, args, stack, count] = line;
			line[5] = 0;
			flow.record(args.length + 6, () => {
				enc.list(rv.REC_CONSOLE, [level, count, ...[stack ? stack.slice(0, STACK_MAX) : null, ...args].map(enc.text)]);
			}, t);
		}
		const {skipped} = hub;
		if (skipped) flow.note('logs_skipped', `${skipped}`);
		hub.skipped = 0;
	};

	hub.drain(hub.guard(entry => {
		const [t, what, ...rest] = entry;
		write();
		if (what === 'console') {
			if (!isConsole && rest[0] !== rv.LEVEL_BREADCRUMB) return;
			held = entry;
			flow.schedule();
		} else {
			const [kind, message, source, line, column, stack] = rest;
			flow.record(8, () => enc.put(rv.REC_ERROR, 6, kind, enc.text(message), enc.text(source || null), line, column, enc.text(stack ? stack.slice(0, STACK_MAX) : null)), t);
			if (kind < rv.ERROR_RESOURCE) flow.force(5);
		}
	}));
	return {write, stop: () => hub.drain(null)};
}
