/* rearview.report.js: what is made of the recording when somebody asks: reports, exports, pictures, and
 * what support may ask of the page. Fetched with the extras, so that a report made offline is made too;
 * one that comes before that waits for it. */
import {pageMeta} from './api/page.js';
import {takeShot} from './shot.js';

/** @typedef {ReturnType<typeof createReports>} Reports */

const ANSWER_MS = 30_000;
const REPORT_MS = 300_000;

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {import('./bridge.js').Bridge} ctx.bridge
 * @param {Record<string, (message: any) => void>} ctx.handlers  of the worker's messages
 * @param {import('./record/ids.js').Ids} ctx.ids
 * @param {(name: import('./api/api.js').EventName, detail: any) => any[]} ctx.emit
 * @param {() => Promise<void>} ctx.flush  what is known is written down
 * @param {() => Promise<void>} ctx.everything  also what comes later and soon
 * @param {() => number} ctx.lost  events that found no room
 */
export function createReports({hub, bridge, handlers, ids, emit, flush, everything, lost}) {
	const {win, native, plain} = hub;
	const {send} = bridge;
	/** Takes the `reply`. @type {Map<number, (reply: {ok?: boolean, value?: any, error?: string}) => void>} */
	const asked = new Map();
	let last = 0;

	/** A request with an answer. @param {any} message @param {Transferable[]} [transfer] @param {number} [ms] @returns {Promise<any>} */
	const ask = (message, transfer = [], ms = ANSWER_MS) => new Promise((done, failed) => {
		const id = ++last;
		const timer = native.setTimeout(() => settle({error: 'The worker did not answer in time.'}), ms);
		/** @param {{ok?: boolean, value?: any, error?: string}} reply */
		const settle = ({ok, value, error}) => {
			asked.delete(id);
			native.clearTimeout(timer);
			if (ok) done(value);
			else failed(Error(error));
		};
		asked.set(id, settle);
		if (!send({...message, id}, transfer)) settle({error: 'The worker is not available.'});
	});
	handlers.reply = message => asked.get(message.id)?.(message);
	handlers.lost = message => asked.forEach(settle => settle(message));

	const size = () => ({width: win.innerWidth, height: win.innerHeight});
	const shot = () => takeShot({hub, ask, ids, flush, viewport: size()});
	const textOf = (/** @type {any} */ error) => String(error?.message ?? error);

	/** @param {Record<string, any>} given @param {boolean} wantsShot @returns {Promise<import('./api/api.js').Saved>} */
	const report = async (given, wantsShot) => {
		/** @type {string[]} */
		const notes = [];
		/** @type {Awaited<ReturnType<typeof shot>> | undefined} */
		let pixels;
		if (wantsShot) {
			try {
				pixels = await shot();
			} catch (error) {
				notes.push(`screenshot: ${textOf(error)}`);
			}
		}
		const {errors, dropped} = hub.counters();
		const missed = dropped + lost();
		if (errors) notes.push(`widget_errors: ${errors}`);
		if (missed) notes.push(`events_lost: ${missed}`);
		await everything();
		emit('capture', {screenshot: !!pixels});
		const draft = {title: given.title, description: given.description, item_type: given.item_type, custom: {...hub.contexts, ...given.custom}};
		if (emit('beforesubmit', draft).includes(false)) throw new Error('A beforesubmit listener cancelled the report.');
		const {title, description, item_type, custom} = plain(draft);
		return ask({
			t: 'report',
			report: {
				...given, title, description, item_type, custom, notes, pixels,
				meta: pageMeta(win, size()),
				parts: {replay: true, screenshot: !!pixels},
			},
		}, pixels ? [pixels.data] : [], REPORT_MS);
	};

	return {
		/** @param {Record<string, any>} metadata plain @param {Record<string, any>} overrides plain */
		save({title, description, item_type, custom, ...rest}, {screenshot, ...overrides}) {
			return report({trigger: 'sdk', title, description, item_type, custom: {...rest, ...custom}, overrides}, screenshot === true);
		},
		/** What support asks: acknowledged at once, done, answered. @param {any} message */
		async act({action, kind, sessionToken, description}) {
			if (kind !== 'upload-session' && kind !== 'upload-screenshot') return send({t: 'result', action, ok: false, error: 'ACTION_NOT_SUPPORTED'});
			send({t: 'ack', action});
			emit('action', {action: kind});
			try {
				const saved = await report({trigger: 'wss', description: description ?? undefined, session_token: sessionToken}, kind === 'upload-screenshot');
				send({t: 'result', action, ok: true, report: saved.id});
			} catch (error) {
				send({t: 'result', action, ok: false, error: textOf(error)});
			}
		},
		/** @param {import('./api/api.js').ExportOptions} options @returns {Promise<any>} */
		async exportReplay({format = 'rrweb', from = 0, to = 0}) {
			await everything();
			const value = await ask({t: 'export', format, from: Number(from), to: Number(to)});
			return format === 'native' ? new Blob([value], {type: 'application/vnd.rearview.replay'}) : JSON.parse(value.join(''));
		},
		/** @returns {Promise<Blob>} a PNG */
		async screenshot() {
			const {data, width, height} = await shot();
			return new Blob([await ask({t: 'png', pixels: data, width, height}, [data])], {type: 'image/png'});
		},
	};
}
