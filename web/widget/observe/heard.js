/* What web-vitals listens with, which has no way of its own to stop: the build puts these in the place of the
 * globals of the same names in it (scripts/build-web.mjs). */

/** @type {{type: string, handler: (event: any) => void, tell: (event: any) => void}[]} */
let kept = [];
/** @type {[observer: PerformanceObserver, options: PerformanceObserverInit][]} */
let watched = [];
let isOn = true;
/** Entries from before were told already: performance.now(). */
let since = 0;

/** @param {PerformanceEntry[]} entries */
const fresh = entries => entries.filter(({startTime}) => startTime >= since);

/** @param {string} type @param {(event: any) => void} handler @param {boolean | {once?: boolean}} [options]  all of them capture */
export const addEventListener = (type, handler, options) => {
	const isOnce = typeof options === 'object' && options.once;
	const tell = (/** @type {any} */ event) => {
		if (isOnce) removeEventListener(type, handler);
		handler(event);
	};
	kept.push({type, handler, tell});
	if (isOn) globalThis.addEventListener(type, tell, true);
};

/** @param {string} type @param {(event: any) => void} handler */
export const removeEventListener = (type, handler) => {
	kept = kept.filter(one => {
		const isIt = one.type === type && one.handler === handler;
		if (isIt) globalThis.removeEventListener(type, one.tell, true);
		return !isIt;
	});
};

export const PerformanceObserver = globalThis.PerformanceObserver && class extends globalThis.PerformanceObserver {
	/** @param {(list: any) => void} tell */
	constructor(tell) {
		super(list => tell({getEntries: () => fresh(list.getEntries())}));
	}

	/** @param {PerformanceObserverInit} options */
	observe(options) {
		watched.push([this, options]);
		if (isOn) super.observe(options);
	}

	disconnect() {
		watched = watched.filter(([observer]) => observer !== this);
		super.disconnect();
	}

	takeRecords() {
		return fresh(super.takeRecords());
	}
};

/** Nothing is listened to any more. @param {number} now  performance.now() */
export function hush(now) {
	isOn = false;
	since = now;
	for (const {type, tell} of kept) globalThis.removeEventListener(type, tell, true);
	for (const [observer] of watched) globalThis.PerformanceObserver.prototype.disconnect.call(observer);
}

/** All of it is listened to again, and what the browser kept in between is told. */
export function heed() {
	if (isOn) return;
	isOn = true;
	for (const {type, tell} of kept) globalThis.addEventListener(type, tell, true);
	for (const [observer, options] of watched) globalThis.PerformanceObserver.prototype.observe.call(observer, {...options, buffered: true});
}
