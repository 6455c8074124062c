/* Long tasks, layout shifts and Web Vitals on the recording's time line; what the browser reports of
 * deprecated features and of its interventions. */
import * as rv from 'rv:records';
import {onCLS, onFCP, onINP, onLCP, onTTFB} from 'web-vitals';
import {heed, hush} from './heard.js';

const TEXT_MAX = 2000;
/** Of each kind in an epoch. */
const ENTRIES = 500;

/** Who is told of vitals. @type {((metric: any) => void) | null} */
let told = null;
let isHeard = false;
/* web-vitals is told once in a page's life whom to tell. */
const hear = (/** @type {any} */ metric) => void told?.(metric);

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observePerformance({hub, enc, clock, flow, ids}) {
	const {win, native, guard} = hub;
	/** Entries that were told in an epoch before. */
	const seen = hub.measured ?? 0;
	/** @param {number} startTime */
	const isOld = startTime => startTime < hub.since || startTime < seen;

	/** @param {number} kind @param {string | null} name @param {number} value @param {{startTime: number, duration: number}} entry @param {Node | null | undefined} node @param {string | null} detail */
	const put = (kind, name, value, {startTime, duration}, node, detail) => {
		flow.record(11, () => {
			enc.begin(rv.REC_PERFORMANCE);
			enc.word(kind);
			enc.word(enc.name(name));
			enc.double(value).forEach(enc.word);
			for (const word of [clock.past(startTime), Math.round(duration), node ? ids.live(node) : 0, enc.name(detail)]) enc.word(word);
			enc.end();
		});
	};

	/** @type {{disconnect: () => void}[]} */
	const observers = [];
	/** @param {string} type @param {(entry: any) => void} each */
	const observe = (type, each) => {
		let count = 0;
		hub.attempt(() => {
			const observer = new win.PerformanceObserver(guard(list => {
				for (const entry of list.getEntries()) if (!isOld(entry.startTime) && count++ < ENTRIES) each(entry);
			}));
			observer.observe({type, buffered: true});
			observers.push(observer);
		});
	};
	observe('longtask', entry => put(rv.PERFORMANCE_LONG_TASK, entry.name, entry.duration, entry, null, entry.attribution?.[0]?.containerSrc || null));
	observe('layout-shift', entry => {
		if (!entry.hadRecentInput) put(rv.PERFORMANCE_LAYOUT_SHIFT, null, entry.value, entry, entry.sources?.[0]?.node, null);
	});

	told = guard(({name, value, rating, entries}) => {
		const entry = entries.at(-1);
		const startTime = entry?.startTime ?? 0;
		if (startTime < hub.since) return;
		put(rv.PERFORMANCE_VITAL, name, value, {startTime: Math.max(startTime, name === 'TTFB' ? value : 0), duration: entry?.duration ?? 0}, entry?.element ?? entry?.target ?? entry?.sources?.[0]?.node, rating);
	});
	heed();
	if (!isHeard) {
		isHeard = true;
		for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) hub.attempt(() => on(hear, {reportAllChanges: true}));
	}

	if (win.ReportingObserver) hub.attempt(() => {
		const observer = new win.ReportingObserver(guard(reports => {
			for (const {type, body} of reports) {
				if (type !== 'deprecation' && type !== 'intervention') continue;
				const {message = '', sourceFile, lineNumber, columnNumber} = /** @type {any} */ (body) ?? {};
				hub.log('error', type === 'deprecation' ? rv.ERROR_DEPRECATION : rv.ERROR_INTERVENTION, `${message}`.slice(0, TEXT_MAX), `${sourceFile ?? ''}`.slice(0, TEXT_MAX), lineNumber ?? 0, columnNumber ?? 0, '');
			}
		}), {types: ['deprecation', 'intervention'], buffered: hub.measured === undefined && !hub.since});
		observer.observe();
		observers.push(observer);
	});

	hub.measured ??= 0;
	return () => {
		hub.measured = native.now();
		told = null;
		hush(hub.measured);
		for (const observer of observers) observer.disconnect();
	};
}
